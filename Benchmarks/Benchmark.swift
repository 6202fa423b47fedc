internal import CAllocationCount

/// One thing that is measured, with the budget that it has.
///
/// A subject (a file beside this one) has a list of them, which `Main.swift` names.
struct Benchmark {
    /// What a measurement has shown, in the units of its kind.
    enum Result {
        /// Nanoseconds for an operation, median and least of the batches, and allocations for an operation.
        case time(median: Double, least: Double, allocations: Double)
        /// A figure that is no time.
        case figure(Double, unit: String)
    }

    /// The name; `--filter` looks for a part of it.
    let name: String
    /// The most that it should show: of the median for a time. nil: shown for comparison.
    let budget: Double?
    /// Measures.
    let run: () throws -> Result

    /// The time of an operation. `prepare` sets up what is used and returns what does as many operations as it is told.
    static func time(
        _ name: String, budget: Double? = nil, _ prepare: @escaping () throws -> (Int) -> Void
    ) -> Benchmark {
        Benchmark(name: name, budget: budget) { Batches(of: try prepare()).result }
    }

    /// The time of an operation on a value. The value is handed in for a whole batch, so that what guards a captured
    /// variable against overlapping accesses is not measured with each operation.
    static func time<State>(
        _ name: String, budget: Double? = nil, on make: @escaping () throws -> State,
        _ work: @escaping (inout State, Int) -> Void
    ) -> Benchmark {
        time(name, budget: budget) {
            var state = try make()
            return { count in work(&state, count) }
        }
    }

    /// A figure that `measure` finds.
    static func figure(
        _ name: String, unit: String, budget: Double? = nil, _ measure: @escaping () throws -> Double
    ) -> Benchmark {
        Benchmark(name: name, budget: budget) { .figure(try measure(), unit: unit) }
    }

    /// The heap that what `make` returns occupies, in bytes.
    static func heapBytes(_ make: () throws -> some Any) rethrows -> Double {
        let before = weir_heap_bytes()
        let made = try make()
        let after = weir_heap_bytes()
        keep(made)
        return Double(after) - Double(before)
    }
}

/// Many batches of an operation, each long enough for the clock.
private struct Batches {
    private static let count = 31
    private static let lengthOfOne = Duration.milliseconds(4)

    private var times: [Double] = []
    private var allocations = Double.infinity

    init(of work: (Int) -> Void) {
        let operations = Self.operations(for: work)
        times.reserveCapacity(Self.count)
        for _ in 0..<Self.count {
            let before = weir_allocations()
            let length = ContinuousClock().measure { work(operations) }
            allocations = min(allocations, Double(weir_allocations() - before) / Double(operations))
            times.append(Self.nanoseconds(length) / Double(operations))
        }
        times.sort()
    }

    var result: Benchmark.Result {
        .time(median: times[times.count / 2], least: times[0], allocations: allocations)
    }

    /// Doubles until a batch is long enough, which warms up as well.
    private static func operations(for work: (Int) -> Void) -> Int {
        var operations = 16
        while operations < 1 << 30, ContinuousClock().measure({ work(operations) }) < lengthOfOne {
            operations *= 2
        }
        return operations
    }

    private static func nanoseconds(_ length: Duration) -> Double {
        Double(length.components.seconds) * 1e9 + Double(length.components.attoseconds) / 1e9
    }
}

/// Uses `value` in a way that the optimiser cannot see through.
@inline(never)
func keep<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}
