import Testing
import WeirCore

@Suite("Token bucket")
struct TokenBucketTests {
    private func bucket(_ permits: Int64, per period: TimeSpan = .seconds(1), burst: Int) -> LimitUnderTest {
        LimitUnderTest(.tokenBucket(rate: Rate(permits: permits, per: period), burst: burst))
    }

    /// Tables as in golang.org/x/time: (time, whether one unit fits). 10 per second, burst 2.
    @Test("Admits the burst, then one unit per interval")
    func burstThenRate() {
        let bucket = bucket(10, burst: 2)
        let table: [(Int64, Bool)] = [
            (0, true), (0, true), (0, false), (99, false), (100, true), (100, false), (300, true), (300, true),
            (300, false),
        ]
        for (moment, fits) in table {
            #expect(bucket.takeIfFits(now: at(moment)) == fits, "at \(moment) ms")
        }
    }

    @Test("Says to the nanosecond when the next unit fits")
    func earliest() {
        let bucket = bucket(8, burst: 16)
        bucket.take(16, now: at(0))
        #expect(bucket.earliest(1, now: at(0)) == at(125))
        #expect(bucket.earliest(16, now: at(0)) == at(2000))
        #expect(bucket.earliest(24, now: at(0)) == at(3000), "beyond the burst it projects at the rate")
        #expect(bucket.earliest(1, reserved: 4, now: at(0)) == at(625))
        #expect(bucket.fullAgain(now: at(0)) == at(2000))
    }

    @Test("A slow decimal rate is exact: 0.33/s gives 33 units per 100 s")
    func decimalRate() {
        let bucket = bucket(33, per: .seconds(100), burst: 2)
        var now = at(0)
        for _ in 0...33 {
            bucket.take(now: now)
            now = bucket.earliest(now: now) ?? now
        }
        #expect(now == at(seconds: 100))
    }

    @Test("Without a burst to round into, a unit is late by less than a nanosecond and never early")
    func roundsUp() {
        let bucket = bucket(3, burst: 1)
        bucket.take(now: at(0))
        #expect(bucket.earliest(now: at(0))?.nanoseconds == 333_333_334)
    }

    @Test("A factor slows the growth and shrinks the burst; what is missing stays missing")
    func factor() {
        let bucket = bucket(10, burst: 10)
        bucket.take(4, now: at(0))
        bucket.exchange(LimitRules(bucket.rules.algorithm, factor: 0.5))
        #expect(bucket.used(now: at(0)) == 4)
        #expect(bucket.earliest(1, now: at(0)) == at(0))
        #expect(bucket.earliest(2, now: at(0)) == at(200))
        bucket.exchange(LimitRules(bucket.rules.algorithm))
        #expect(bucket.earliest(6, now: at(0)) == at(0))
    }

    @Test("Changed figures count the units that are missing")
    func convert() {
        let bucket = bucket(10, burst: 10)
        bucket.take(10, now: at(0))
        bucket.convert(
            to: LimitRules(.tokenBucket(rate: Rate(permits: 3, per: .seconds(7)), burst: 9)), now: at(300))
        #expect(bucket.used(now: at(300)) == 7)
        #expect(bucket.earliest(2, now: at(300)) == at(300))
        #expect(bucket.earliest(3, now: at(300)) == Instant(nanoseconds: 300_000_000 + 2_333_333_334))
    }

    @Test("What has grown back since is not given back too")
    func giveBackAfterFull() {
        let bucket = bucket(10, burst: 10)
        bucket.take(1, now: at(0))
        bucket.take(5, now: at(seconds: 100))
        bucket.giveBack(1, takenAt: at(0), now: at(seconds: 100))
        #expect(bucket.used(now: at(seconds: 100)) == 5)
    }

    @Test("What has grown back in part is given back in part")
    func giveBackPart() {
        let bucket = bucket(10, burst: 10)
        bucket.take(2, now: at(0))
        bucket.giveBack(2, takenAt: at(0), now: at(150))
        #expect(bucket.isUnused(now: at(150)))
        bucket.take(10, now: at(150))
        #expect(bucket.earliest(now: at(150)) == at(250))
    }

    /// Uniform takes, then one of them is given back: the promise of `TokenBucket.giveBack`.
    @Test("Gives back too little by less than half a take, and never too much", arguments: 0..<400 as Range<UInt64>)
    func giveBackInBetween(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let burst = Int.random(in: 1...12, using: &random)
        let units = Int.random(in: 1...burst, using: &random)
        let algorithm = LimitSettings.Algorithm.tokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: burst)
        let pause = Int64.random(in: 1...400, using: &random) * Int64(units)
        var moments: [Int64] = []
        var moment = Int64(0)
        let subject = LimitUnderTest(algorithm)
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            moment += Int64.random(in: 0...pause, using: &random)
            if subject.takeIfFits(units, now: at(moment)) { moments.append(moment) }
        }
        let given = try #require(moments.randomElement(using: &random))
        let now = at(moment + Int64.random(in: 0...pause, using: &random))
        let reference = LimitUnderTest(algorithm)
        var isSkipped = false
        for moment in moments {
            if moment == given, !isSkipped { isSkipped = true } else { reference.take(units, now: at(moment)) }
        }
        subject.giveBack(units, takenAt: at(given), now: now)
        let full = try #require(subject.fullAgain(now: now))
        let exact = try #require(reference.fullAgain(now: now))
        #expect(full >= exact, "seed \(seed): too much")
        #expect((full - exact).nanoseconds < Int64(units) * 50_000_000, "seed \(seed): too little")
    }

    @Test("However many takes of whatever cost are given back, never too much", arguments: 0..<400 as Range<UInt64>)
    func giveBackMany(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let burst = Int.random(in: 1...12, using: &random)
        let algorithm = LimitSettings.Algorithm.tokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: burst)
        let pause = Int64.random(in: 1...1000, using: &random)
        var takes: [(units: Int, moment: Int64)] = []
        var moment = Int64(0)
        let subject = LimitUnderTest(algorithm)
        for step in 0..<60 {
            moment += Int64.random(in: 0...pause, using: &random)
            let units = Int.random(in: 1...burst, using: &random)
            if !takes.isEmpty, Int.random(in: 0..<3, using: &random) == 0 {
                let given = takes.remove(at: Int.random(in: 0..<takes.count, using: &random))
                subject.giveBack(given.units, takenAt: at(given.moment), now: at(moment))
            } else if subject.takeIfFits(units, now: at(moment)) {
                takes.append((units, moment))
            }
            let exact = LimitUnderTest(algorithm)
            for take in takes { exact.take(take.units, now: at(take.moment)) }
            let (full, atLeast) = (subject.fullAgain(now: at(moment)), exact.fullAgain(now: at(moment)))
            #expect(full ?? at(0) >= atLeast ?? .distantFuture, "seed \(seed), step \(step)")
        }
    }

    @Test("A rate of less than one unit in 106 days is kept exactly")
    func verySlow() {
        let year = TimeSpan.seconds(365 * 86_400)
        let bucket = bucket(1, per: year, burst: 3)
        bucket.take(3, now: at(0))
        #expect(bucket.earliest(now: at(0)) == at(0) + year)
        #expect(bucket.earliest(3, now: at(0)) == at(0) + year * 3)
    }
}
