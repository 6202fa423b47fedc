import Testing
import WeirCore

/// Defects that other limiters shipped, one test for each.
@Suite("Defects of other limiters")
struct LimitDefectsTests {
    private static let timed: [LimitSettings.Algorithm] = [
        .slidingWindow(requests: 1, per: .milliseconds(100), margin: .zero),
        .calendarWindow(requests: 1, per: .milliseconds(100), margin: .zero),
        .tokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: 1),
        .spacing(every: .milliseconds(100), margin: .zero),
    ]

    @Test("tikv/pd#10771: a stale `now` mints nothing", arguments: timed)
    func staleNow(algorithm: LimitSettings.Algorithm) {
        let limit = LimitUnderTest(algorithm)
        limit.take(now: at(1000))
        #expect(limit.earliest(now: at(0)) == at(1100))
        #expect(limit.used(now: at(0)) == 1)
        limit.take(now: at(1100))
        for stale in [0, 500, 1050, 1099, 1100, 1199] as [Int64] {
            #expect(limit.earliest(now: at(stale)) == at(1200))
        }
        #expect(limit.earliest(now: at(1200)) == at(1200))
    }

    @Test("MediaWiki-MCP#557: a step of the wall clock neither locks out nor refunds")
    func wallClockStep() {
        let noon = TimeSpan.seconds(1_763_683_200)
        let minute = LimitUnderTest(
            .calendarWindow(requests: 2, per: .seconds(60), margin: .zero), wallOffset: noon)
        minute.take(2, now: at(seconds: 50))
        // Half a minute on, into the next window: what was sent 5 s ago lies in it by the new reckoning.
        minute.set(wallOffset: noon + .seconds(15))
        #expect(minute.earliest(now: at(seconds: 55)) == at(seconds: 105), "nothing is refunded")
        // An hour back: locked out to the end of this minute, not for an hour.
        minute.set(wallOffset: noon + .seconds(-3600))
        #expect(minute.earliest(now: at(seconds: 55)) == at(seconds: 60), "nobody is locked out")
        // Past the boundary and back again: what counted before counts again.
        #expect(minute.earliest(now: at(seconds: 61)) == at(seconds: 61))
        minute.set(wallOffset: noon + .seconds(-3611))
        #expect(minute.earliest(now: at(seconds: 61)) == at(seconds: 71), "nothing is forgotten")
    }

    @Test(
        "polaris#3433, firecracker#3370, seastar#1723: integer refill drops no fractions",
        arguments: [3, 7, 11, 13, 999_999_937] as [Int64])
    func refillFractions(perSecond: Int64) {
        let bucket = LimitUnderTest(.tokenBucket(rate: Rate(permits: perSecond, per: .seconds(1)), burst: 2))
        let count = min(perSecond, 13) * 1000
        var now = at(0)
        for _ in 0...count {
            bucket.take(now: now)
            now = bucket.earliest(now: now) ?? now
            // Asking often must not lose what has grown meanwhile.
            for early in 1...3 as ClosedRange<Int64> {
                _ = bucket.earliest(now: now - TimeSpan(nanoseconds: early))
            }
        }
        let exact = (Int128(count) * 1_000_000_000 + Int128(perSecond) - 1) / Int128(perSecond)
        #expect(now.nanoseconds >= Int64(exact))
        #expect(now.nanoseconds <= Int64(exact) + 1)
    }

    @Test("governor#107: after an idle gap the capacity is there, and not one unit more", arguments: [1, 600] as [Int])
    func extraUnitAfterIdle(capacity: Int) {
        let algorithms: [LimitSettings.Algorithm] = [
            .slidingWindow(requests: capacity, per: .seconds(5), margin: .zero),
            .calendarWindow(requests: capacity, per: .seconds(5), margin: .zero),
            .tokenBucket(rate: Rate(permits: 1, per: .seconds(5)), burst: capacity),
        ]
        for algorithm in algorithms {
            let limit = LimitUnderTest(algorithm)
            limit.take(capacity, now: at(0))
            let later = at(seconds: 86_400)
            #expect(limit.earliest(capacity, now: later) == later)
            limit.take(capacity, now: later)
            #expect(limit.earliest(now: later) == later + .seconds(5))
        }
    }

    /// Cancelling took off what later reservations had taken, though that was theirs.
    @Test(
        "golang/go#56924: a cancelled reservation restores all that it took, whoever came after it",
        arguments: timed.prefix(3))
    func cancelledReservation(algorithm: LimitSettings.Algorithm) {
        let limit = LimitUnderTest(algorithm)
        let larger: LimitSettings.Algorithm =
            switch algorithm {
            case .slidingWindow(_, let per, let margin): .slidingWindow(requests: 10, per: per, margin: margin)
            case .calendarWindow(_, let per, let margin): .calendarWindow(requests: 10, per: per, margin: margin)
            case .tokenBucket(let rate, _): .tokenBucket(rate: rate, burst: 10)
            case .spacing, .concurrency: algorithm
            }
        limit.exchange(LimitRules(larger))
        limit.take(5, now: at(0))
        limit.take(2, now: at(0))
        limit.giveBack(5, takenAt: at(0), now: at(0))
        #expect(limit.used(now: at(0)) == 2)
        #expect(limit.earliest(8, now: at(0)) == at(0))
        limit.giveBack(2, takenAt: at(0), now: at(0))
        #expect(limit.isUnused(now: at(0)))
    }

    /// Cancelling late restored units that had come back by themselves.
    @Test(
        "golang/go#69419: a reservation cancelled late restores nothing that has come back by itself",
        arguments: timed.prefix(3))
    func cancelledLate(algorithm: LimitSettings.Algorithm) {
        let limit = LimitUnderTest(algorithm)
        limit.take(now: at(0))
        limit.take(now: at(100))
        limit.giveBack(takenAt: at(0), now: at(110))
        #expect(limit.used(now: at(110)) == 1)
        #expect(limit.earliest(now: at(110)) == at(200))
    }

    /// Users of buckets met it with "600 per 5 s".
    @Test("governor#219, aiolimiter#298: a bucket of N per W admits nearly 2 N within W; the sliding window does not")
    func twoWindowsAtOnce() {
        func mostInWindow(_ algorithm: LimitSettings.Algorithm) -> Int {
            let limit = LimitUnderTest(algorithm)
            var admitted: [Int64] = []
            for moment in stride(from: 0, to: 15_000, by: 5) as StrideTo<Int64> {
                while limit.takeIfFits(now: at(moment)) { admitted.append(moment) }
            }
            var most = 0
            var first = 0
            for (index, moment) in admitted.enumerated() {
                while admitted[first] + 5000 <= moment { first += 1 }
                most = max(most, index - first + 1)
            }
            return most
        }
        #expect(mostInWindow(.tokenBucket(rate: Rate(permits: 120, per: .seconds(1)), burst: 600)) >= 1199)
        #expect(mostInWindow(.slidingWindow(requests: 600, per: .seconds(5), margin: .zero)) == 600)
    }
}
