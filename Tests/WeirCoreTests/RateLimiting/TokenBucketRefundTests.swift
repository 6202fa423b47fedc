import Testing
import WeirCore

@Suite("Token bucket, given back")
struct TokenBucketRefundTests {
    /// One unit grows back in a second.
    private static func bucket(burst: Int = 10) -> LimitUnderTest {
        LimitUnderTest(.tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: burst))
    }

    @Test("Of what was taken in one moment each comes back whole, whatever it cost")
    func oneMoment() {
        let bucket = Self.bucket()
        bucket.take(1, now: at(0))
        bucket.take(5, now: at(0))
        bucket.take(1, now: at(1))
        bucket.giveBack(5, takenAt: at(0), now: at(2))
        #expect(bucket.used(now: at(2)) == 2)
    }

    @Test("A second refund still gives back what cannot have grown back meanwhile")
    func second() {
        let bucket = Self.bucket()
        bucket.take(3, now: at(0))
        bucket.take(1, now: at(1))
        bucket.take(1, now: at(2))
        bucket.giveBack(1, takenAt: at(1), now: at(3))
        #expect(bucket.used(now: at(3)) == 4)
        bucket.giveBack(3, takenAt: at(0), now: at(4))
        // 1 would be exact; never less.
        #expect([1, 2].contains(bucket.used(now: at(4))))
    }

    @Test("Where half of a take had grown back before the next, the other half comes back")
    func half() {
        let bucket = Self.bucket()
        for second in 0..<3 as Range<Int64> { bucket.take(2, now: at(second * 1000)) }
        #expect(bucket.used(now: at(2000)) == 4)
        bucket.giveBack(2, takenAt: at(0), now: at(2000))
        #expect(bucket.used(now: at(2000)) == 3)
    }

    @Test("What grew back before the figures changed is not given back after it")
    func otherFigures() {
        let bucket = Self.bucket()
        bucket.take(5, now: at(0))
        bucket.take(1, now: at(1000))
        bucket.convert(
            to: LimitRules(.tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 20)), now: at(3500))
        bucket.take(5, now: at(3500))
        bucket.giveBack(5, takenAt: at(0), now: at(3500))
        #expect(bucket.used(now: at(3500)) == 5, "the second take had grown back as well")
    }

    @Test("One of which all was given back is as new, at any time")
    func all() {
        let bucket = Self.bucket()
        bucket.take(3, now: at(100))
        bucket.giveBack(3, takenAt: at(100), now: at(100))
        #expect(bucket.isUnused(now: at(100)))
        #expect(bucket.isUnused(now: at(50)), "time has gone back")
    }
}
