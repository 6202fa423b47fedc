import Testing
import WeirCore

@Suite("Token bucket")
struct TokenBucketTests {
    /// Tables as in golang.org/x/time: (time, whether one unit fits). 10 per second, burst 2.
    @Test("Admits the burst, then one unit per interval")
    func burstThenRate() {
        var bucket = TokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: 2)
        let table: [(Int64, Bool)] = [
            (0, true), (0, true), (0, false), (99, false), (100, true), (100, false), (300, true), (300, true),
            (300, false),
        ]
        for (moment, fits) in table {
            let now = at(moment)
            #expect((bucket.earliest(units: 1, now: now) == now) == fits, "at \(moment) ms")
            if fits { bucket.take(units: 1, now: now) }
        }
    }

    @Test("Says to the nanosecond when the next unit fits")
    func earliest() {
        var bucket = TokenBucket(rate: Rate(permits: 8, per: .seconds(1)), burst: 16)
        bucket.take(units: 16, now: at(0))
        #expect(bucket.earliest(units: 1, now: at(0)) == at(125))
        #expect(bucket.earliest(units: 16, now: at(0)) == at(2000))
        #expect(bucket.earliest(units: 24, now: at(0)) == at(3000), "beyond the burst it projects at the rate")
    }

    /// polaris#3433, firecracker#3370, seastar#1723: rounding the refill loses or mints units.
    @Test("A rate that does not divide a second neither drifts nor starves", arguments: [3, 7, 11, 13] as [Int64])
    func fractionsAreKept(perSecond: Int64) {
        var bucket = TokenBucket(rate: Rate(permits: perSecond, per: .seconds(1)), burst: 2)
        var now = at(0)
        for _ in 0...perSecond * 1000 {
            bucket.take(units: 1, now: now)
            now = bucket.earliest(units: 1, now: now)
        }
        #expect(now == at(seconds: 1000), "one unit of the burst, and then exactly 1000 s of the rate")
    }

    @Test("A slow decimal rate is exact: 0.33/s gives 33 units per 100 s")
    func decimalRate() {
        var bucket = TokenBucket(rate: Rate(permits: 33, per: .seconds(100)), burst: 2)
        var now = at(0)
        for _ in 0...33 {
            bucket.take(units: 1, now: now)
            now = bucket.earliest(units: 1, now: now)
        }
        #expect(now == at(seconds: 100))
    }

    @Test("Without a burst to round into, a unit is late by less than a nanosecond and never early")
    func roundsUp() {
        var bucket = TokenBucket(rate: Rate(permits: 3, per: .seconds(1)), burst: 1)
        bucket.take(units: 1, now: at(0))
        #expect(bucket.earliest(units: 1, now: at(0)).nanoseconds == 333_333_334)
    }

    /// governor#107.
    @Test("After a long idle time the burst is served and not one unit more")
    func noExtraUnitAfterIdle() {
        var bucket = TokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: 5)
        bucket.take(units: 5, now: at(0))
        let now = at(seconds: 86_400)
        #expect(bucket.used(now: now) == 0)
        bucket.take(units: 5, now: now)
        #expect(bucket.earliest(units: 1, now: now) == now + .milliseconds(100))
    }

    /// tikv/pd#10771: a stale `now` minted tokens.
    @Test("Time going backwards gives nothing back")
    func backwards() {
        var bucket = TokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: 1)
        bucket.take(units: 1, now: at(1000))
        #expect(bucket.earliest(units: 1, now: at(0)) == at(1100))
        bucket.take(units: 1, now: at(1100))
        #expect(bucket.earliest(units: 1, now: at(500)) == at(1200))
    }

    @Test(
        "Never admits more than burst + rate × t, and admits as early as that allows",
        arguments: 0..<20 as Range<UInt64>)
    func agreesWithReference(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let permits = Int64.random(in: 1...50, using: &random)
        let burst = Int.random(in: 1...20, using: &random)
        var bucket = TokenBucket(rate: Rate(permits: permits, per: .seconds(1)), burst: burst)
        // The reference counts units in billionths of a token: exact, since the rate is whole tokens per 10⁹ ns.
        var tokens = Int128(burst) * 1_000_000_000
        var last = Int64(0)
        var now = Int64(0)
        for step in 0..<5000 {
            now += Int64.random(in: 0...200_000_000, using: &random)
            let units = Int.random(in: 1...burst, using: &random)
            tokens = min(Int128(burst) * 1_000_000_000, tokens + Int128(now - last) * Int128(permits))
            last = now
            let fits = tokens >= Int128(units) * 1_000_000_000
            let moment = Instant(nanoseconds: now)
            #expect(
                (bucket.earliest(units: units, now: moment) == moment) == fits, "seed \(seed), step \(step)")
            if fits {
                tokens -= Int128(units) * 1_000_000_000
                bucket.take(units: units, now: moment)
            }
        }
    }
}
