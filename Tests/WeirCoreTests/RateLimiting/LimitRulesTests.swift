import Testing
import WeirCore

@Suite("Limit rules")
struct LimitRulesTests {
    private static let algorithms: [LimitSettings.Algorithm] = [
        .slidingWindow(requests: 10, per: .seconds(1)), .calendarWindow(requests: 10, per: .seconds(1)),
        .tokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: 10), .spacing(every: .milliseconds(100)),
        .concurrency(max: 10),
    ]

    @Test("A state takes at most 48 bytes")
    func size() {
        #expect(MemoryLayout<LimitState>.stride <= 48)
    }

    @Test(
        "A factor multiplies the capacity, of which at least one unit is left",
        arguments: [(1, 10), (2, 10), (0.55, 5), (0.1, 1), (0, 1), (-1, 1), (.nan, 1), (.infinity, 10)]
            as [(Double, Int)])
    func factor(factor: Double, capacity: Int) {
        let rules = LimitRules(.slidingWindow(requests: 10, per: .seconds(1)), factor: factor)
        #expect(rules.capacity == 10)
        #expect(rules.effectiveCapacity == capacity)
    }

    @Test(
        "A share is kept for critical calls, of which at least one unit is left to others",
        arguments: [(0, 0), (0.25, 3), (0.29, 3), (0.99, 9), (1, 9), (7, 9), (-1, 0), (.nan, 0)] as [(Double, Int)])
    func reserved(share: Double, units: Int) {
        #expect(LimitRules(.concurrency(max: 10)).reserved(share: share) == units)
        #expect(LimitRules(.concurrency(max: 1)).reserved(share: share) == 0)
    }

    @Test("Where attempts count, a call weighs one; else it weighs its cost, at least one")
    func weight() {
        #expect(Self.algorithms.map { LimitRules($0).weight(cost: 7) } == [7, 7, 7, 1, 1])
        #expect(Self.algorithms.map { LimitRules($0).weight(cost: -7) } == [1, 1, 1, 1, 1])
    }

    @Test("A call that only the factor makes too dear fits when nothing is used", arguments: algorithms.prefix(3))
    func dear(algorithm: LimitSettings.Algorithm) throws {
        let limit = LimitUnderTest(algorithm, factor: 0.2)
        #expect(limit.earliest(10, now: at(0)) == at(0))
        #expect(limit.earliest(11, now: at(0)) != at(0), "more than the capacity never fits")
        #expect(limit.earliest(1, ahead: 9, now: at(0)) != at(0), "ten cheap ones do not")
        #expect(limit.earliest(1, ahead: 1, now: at(0)) == at(0))
        limit.take(1, now: at(0))
        let full = try #require(limit.fullAgain(now: at(0)))
        let fits = try #require(limit.earliest(10, now: at(0)))
        #expect(fits > at(0) && fits <= full)
        limit.take(10, now: fits)
        #expect(limit.used(now: fits) >= 10, "it takes what it costs")
    }

    @Test("A new state is unused for every algorithm, and a used one is so again", arguments: algorithms)
    func unused(algorithm: LimitSettings.Algorithm) {
        let limit = LimitUnderTest(algorithm)
        #expect(limit.isUnused(now: at(0)))
        #expect(limit.fullAgain(now: at(0)) == at(0))
        limit.take(now: at(0))
        #expect(!limit.isUnused(now: at(0)))
        limit.release()
        #expect(limit.isUnused(now: at(seconds: 10)))
        #expect(limit.used(now: at(seconds: 10)) == 0)
    }

    @Test("The state of another algorithm becomes a new one", arguments: algorithms, algorithms)
    func otherAlgorithm(from: LimitSettings.Algorithm, to: LimitSettings.Algorithm) {
        let limit = LimitUnderTest(from)
        limit.take(now: at(0))
        limit.convert(to: LimitRules(to), now: at(1))
        #expect(limit.isUnused(now: at(1)) == (from != to))
    }

    @Test("No figure, cost or moment traps")
    func extremes() {
        let numbers = [Int64.min, -1, 0, 1, .max]
        for number in numbers {
            for algorithm in numbers.flatMap({ Self.algorithms(number, $0) }) {
                for moment in numbers { abuse(LimitUnderTest(algorithm, factor: 0.3), moment: moment) }
            }
        }
    }

    private static func algorithms(_ first: Int64, _ second: Int64) -> [LimitSettings.Algorithm] {
        let (count, span, other) = (Int(first), TimeSpan(nanoseconds: first), TimeSpan(nanoseconds: second))
        return [
            .slidingWindow(requests: count, per: other, margin: span),
            .calendarWindow(requests: count, per: other, margin: span),
            .tokenBucket(rate: Rate(permits: first, per: other), burst: count),
            .spacing(every: span, margin: other), .concurrency(max: count),
        ]
    }

    private func abuse(_ limit: LimitUnderTest, moment: Int64) {
        let now = Instant(nanoseconds: moment)
        for units in [Int.min, -1, 0, 1, .max] {
            _ = limit.earliest(units, ahead: units, reserved: units, now: now)
            for _ in 0..<3 { limit.take(units, now: now) }
            _ = limit.earliest(units, reserved: units, now: .distantFuture)
            limit.convert(to: LimitRules(limit.rules.algorithm), now: now)
            limit.giveBack(units, takenAt: now, now: now)
            _ = limit.used(now: now)
            _ = limit.fullAgain(now: now)
        }
        #expect(limit.rules.capacity >= 1)
    }

    @Test("A window tells what it holds, neighbours together where there are more moments than asked for")
    func history() {
        func history(_ algorithm: LimitSettings.Algorithm, most: Int) -> [String] {
            let rules = LimitRules(algorithm)
            var state = LimitState()
            for (units, moment) in [(2, 0), (1, 100), (3, 200), (1, 300)] as [(Int, Int64)] {
                rules.take(&state, units: units, now: at(moment))
            }
            return rules.history(&state, now: at(300), most: most).map {
                "\($0.units) at \($0.stamp.nanoseconds / 1_000_000)"
            }
        }
        let window = LimitSettings.Algorithm.slidingWindow(requests: 10, per: .seconds(1), margin: .zero)
        for most in [4, 9] { #expect(history(window, most: most) == ["2 at 0", "1 at 100", "3 at 200", "1 at 300"]) }
        for most in [2, 3] { #expect(history(window, most: most) == ["3 at 100", "4 at 300"]) }
        #expect(history(window, most: 1) == ["7 at 300"])
        #expect(
            history(.calendarWindow(requests: 10, per: .seconds(1), margin: .zero), most: 2)
                == ["3 at 100", "4 at 300"])
        #expect(history(.spacing(every: .seconds(1), margin: .zero), most: 2) == ["1 at 300"])
        #expect(history(.concurrency(max: 9), most: 2).isEmpty)
    }
}
