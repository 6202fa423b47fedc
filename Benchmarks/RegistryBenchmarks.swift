internal import Synchronization
internal import WeirMetrics

/// What metrics cost those who count, and those who ask.
enum RegistryBenchmarks {
    static var all: [Benchmark] {
        [
            .time("registry: a bare atomic add, for comparison") { additions() },
            .time("registry: increment a counter") { try increments() },
            .time("registry: observe in a histogram of 11 buckets") { try observations() },
            .figure("registry: a counter over a bare atomic add", unit: "x", budget: 1.1) {
                try leastRatio(increments())
            },
            .figure("registry: a histogram over a bare atomic add", unit: "x", budget: 2.7) {
                try leastRatio(observations())
            },
            .time("registry: render 10⁴ counters (60 ns each)", budget: 60 * 1e4) { try rendering(of: 10_000) },
            .time("registry: render 10⁵ counters (60 ns each)", budget: 60 * 1e5) { try rendering(of: 100_000) },
            .figure("registry: a new series among 10⁴", unit: "ns", budget: 2000) { try newSeries() },
        ]
    }

    private final class Bare: Sendable {
        private let value = Atomic<UInt64>(0)

        @inline(never) func add() {
            value.wrappingAdd(1, ordering: .relaxed)
        }
    }

    @inline(never) private static func increment(_ counter: Counter) {
        counter.increment()
    }

    @inline(never) private static func observe(_ histogram: Histogram, _ value: UInt64) {
        histogram.observe(value)
    }

    private static func additions() -> (Int) -> Void {
        let bare = Bare()
        return { count in
            for _ in 0..<count { bare.add() }
        }
    }

    private static func increments() throws -> (Int) -> Void {
        let counter = try counterFamily(of: 1).series(["upstream0", "endpoint0", "success"])
        return { count in
            for _ in 0..<count { increment(counter) }
        }
    }

    private static func observations() throws -> (Int) -> Void {
        let histogram = try histogram()
        let values = durations()
        return { count in
            for index in 0..<count { observe(histogram, values[index & (values.count - 1)]) }
        }
    }

    /// How much longer something takes than a bare atomic addition, each in the best of many batches.
    private static func leastRatio(_ work: (Int) -> Void) -> Double {
        let additions = additions()
        func length(_ work: (Int) -> Void) -> Duration { ContinuousClock().measure { work(100_000) } }
        let lengths = (0..<301).map { _ in (length(work), length(additions)) }
        guard let ours = lengths.map(\.0).min(), let bare = lengths.map(\.1).min() else { return .nan }
        return ours / bare
    }

    private static func counterFamily(of count: Int, in registry: Registry = Registry()) throws -> CounterFamily {
        let family = try registry.counters(
            "mm_api_requests_total", help: "Calls by how they ended for the caller.",
            labels: ["upstream", "endpoint", "outcome"], limit: 2 * count)
        for index in 0..<count {
            try family.series(["upstream\(index % 10)", "endpoint\(index / 10)", "success"])
                .increment(by: UInt64(index) * 977)
        }
        return family
    }

    private static func histogram() throws -> Histogram {
        let bounds: [UInt64] = [
            10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 100_000_000,
        ]
        return try Registry().histograms(
            "mm_api_overhead_seconds", help: "", bounds: HistogramBounds(nanoseconds: bounds, per: .second)
        ).series([])
    }

    /// 4096 durations up to 20 ms in no order.
    private static func durations() -> [UInt64] {
        var state: UInt64 = 88_172_645_463_325_252
        return (0..<4096).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % 20_000_000
        }
    }

    private static func rendering(of count: Int) throws -> (Int) -> Void {
        let registry = Registry()
        let family = try counterFamily(of: count, in: registry)
        var out: [UInt8] = []
        registry.render(into: &out)
        return { count in
            for _ in 0..<count {
                out.removeAll(keepingCapacity: true)
                registry.render(into: &out)
            }
            keep(family)
        }
    }

    private static func newSeries() throws -> Double {
        let family = try counterFamily(of: 10_000)
        return try (0..<20).map { round in
            let values = (0..<50).map { ["upstream\(round)", "new\($0)", "success"] }
            return try ContinuousClock().measure { for value in values { _ = try family.series(value) } }
                / .nanoseconds(50)
        }.min() ?? .nan
    }
}
