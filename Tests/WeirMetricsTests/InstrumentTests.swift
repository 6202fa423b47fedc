import Foundation
import Synchronization
import Testing
import WeirMetrics

@Suite("Instruments")
struct InstrumentTests {
    private let registry = Registry()

    /// Starts `count` threads that run `body` at the same time; the group is left when all have.
    private func start(_ count: Int, _ body: @escaping @Sendable () -> Void) -> DispatchGroup {
        let gate = Gate()
        let group = DispatchGroup()
        for _ in 0..<count {
            group.enter()
            Thread.detachNewThread {
                gate.arrived.wrappingAdd(1, ordering: .relaxed)
                while gate.arrived.load(ordering: .relaxed) < count { sched_yield() }
                body()
                group.leave()
            }
        }
        return group
    }

    private final class Gate: Sendable {
        let arrived = Atomic(0)
    }

    @Test("lose no increment of several threads")
    func concurrentIncrements() throws {
        let counter = try registry.counters("a_total", help: "").series([])
        let gauge = try registry.gauges("b", help: "").series([])
        start(4) {
            for _ in 0..<1_000_000 {
                counter.increment()
            }
            for _ in 0..<100_000 {
                counter.increment(by: 2)
                gauge.add(1)
            }
        }.wait()
        #expect(counter.value == 4_800_000)
        #expect(gauge.value == 400_000)
    }

    @Test("a gauge goes up and down")
    func gauge() throws {
        let gauge = try registry.gauges("b", help: "").series([])
        gauge.set(2.5)
        gauge.add(-3)
        #expect(gauge.value == -0.5)
    }

    @Test("a counter wraps and does not trap")
    func counterWraps() throws {
        let counter = try registry.counters("a_total", help: "").series([])
        counter.increment(by: .max)
        counter.increment(by: 2)
        #expect(counter.value == 1)
    }

    @Test(
        "a histogram counts a value in the first bucket whose bound is not below it",
        arguments: [
            (0, 0), (1, 0), (2, 1), (10, 1), (11, 2), (99, 2), (100, 2), (101, 3), (UInt64(Int64.max), 3),
            (UInt64(Int64.max) + 1, 3), (.max, 3),
        ] as [(UInt64, Int)])
    func bucketOfValue(value: UInt64, bucket: Int) throws {
        let bounds = HistogramBounds(nanoseconds: [1, 10, 100], per: .second)
        try registry.histograms("h", help: "", bounds: bounds).series([]).observe(value)
        #expect(buckets() == (0...3).map { $0 >= bucket ? 1 : 0 })
    }

    @Test("a histogram may have as many bounds as its maximum, up to the largest value")
    func mostBounds() throws {
        let most = (1...14).map { UInt64($0) * 10 } + [UInt64(Int64.max)]
        let bounds = HistogramBounds(nanoseconds: most, per: .second)
        let histogram = try registry.histograms("h", help: "", bounds: bounds).series([])
        for value in most {
            histogram.observe(value)
        }
        #expect(buckets() == (1...15).map { UInt64($0) } + [15])
    }

    @Test("a histogram's counts agree with one another and never fall while others observe")
    func consistentUnderWriters() throws {
        let bounds = HistogramBounds(nanoseconds: [1, 10, 100, 1000], per: .second)
        let histogram = try registry.histograms("h", help: "", bounds: bounds).series([])
        let writers = start(2) {
            for value in 0..<100_000 as Range<UInt64> {
                histogram.observe(value % 1500)
            }
        }
        var before: [UInt64] = Array(repeating: 0, count: 5)
        var isLast = false
        while !isLast {
            isLast = writers.wait(timeout: .now()) == .success
            let text = registry.text
            let now = buckets(in: text)
            #expect(zip(now, now.dropFirst()).allSatisfy(<=), "cumulative: \(now)")
            #expect(zip(before, now).allSatisfy(<=), "monotone: \(before) then \(now)")
            #expect(text.contains("h_count \(now.last ?? 0)\n"))
            before = now
        }
        #expect(before.last == 200_000)
    }

    /// The cumulative counts of the only histogram, `+Inf` last.
    private func buckets(in text: String? = nil) -> [UInt64] {
        (text ?? registry.text).split(separator: "\n").filter { $0.hasPrefix("h_bucket") }.compactMap {
            $0.split(separator: " ").last.flatMap { UInt64($0) }
        }
    }
}
