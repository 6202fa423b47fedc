import Testing
import WeirCore

@Suite("Sliding window")
struct SlidingWindowTests {
    private func window(_ requests: Int, per: TimeSpan, margin: TimeSpan = .zero) -> LimitUnderTest {
        LimitUnderTest(.slidingWindow(requests: requests, per: per, margin: margin))
    }

    @Test("Admits its capacity at once, then nothing until the oldest unit leaves the window")
    func capacity() {
        let window = window(600, per: .seconds(5), margin: .milliseconds(20))
        for _ in 0..<600 {
            #expect(window.takeIfFits(now: at(0)))
        }
        #expect(window.earliest(now: at(0)) == at(5020))
        #expect(window.earliest(now: at(5019)) == at(5020))
        #expect(window.earliest(600, now: at(5020)) == at(5020), "nothing is wasted once it is free")
    }

    @Test("The interval is half-open: a unit stops counting exactly one span later")
    func halfOpen() {
        let window = window(1, per: .seconds(5))
        window.take(now: at(0))
        #expect(window.used(now: Instant(nanoseconds: 4_999_999_999)) == 1)
        #expect(window.used(now: at(5000)) == 0)
    }

    @Test("Counts costs as so many units, and frees them together")
    func weighted() {
        let window = window(10, per: .seconds(1))
        window.take(4, now: at(0))
        window.take(5, now: at(300))
        #expect(window.earliest(1, now: at(400)) == at(400))
        #expect(window.earliest(2, now: at(400)) == at(1000))
        #expect(window.earliest(5, now: at(400)) == at(1000))
        #expect(window.earliest(6, now: at(400)) == at(1300))
    }

    @Test("Projects whole windows for more than its capacity")
    func projection() {
        let window = window(2, per: .seconds(1))
        window.take(now: at(0))
        window.take(now: at(100))
        #expect(window.earliest(2, now: at(200)) == at(1100))
        #expect(window.earliest(3, now: at(200)) == at(2000))
        #expect(window.earliest(4, now: at(200)) == at(2100))
        #expect(window.earliest(1, ahead: 3, now: at(200)) == at(2100))
    }

    @Test("Keeps what is reserved, and counts it where it is used")
    func reserve() {
        let window = window(10, per: .seconds(1))
        window.take(8, now: at(0))
        #expect(window.earliest(1, reserved: 2, now: at(0)) == at(1000))
        #expect(window.earliest(2, now: at(0)) == at(0))
        window.take(2, now: at(100))
        #expect(window.earliest(1, reserved: 2, now: at(200)) == at(1000))
        #expect(window.earliest(7, reserved: 2, now: at(200)) == at(1100))
    }

    @Test("Units given back leave the window as if they had never been sent")
    func giveBack() {
        let window = window(3, per: .seconds(1))
        for moment in [0, 100, 200] as [Int64] { window.take(now: at(moment)) }
        window.giveBack(takenAt: at(100), now: at(300))
        #expect(window.earliest(1, now: at(300)) == at(300))
        #expect(window.earliest(2, now: at(300)) == at(1000))
        #expect(window.earliest(3, now: at(300)) == at(1200), "the one of 100 ms holds nobody back any more")
    }

    @Test("Units that have left the window are not given back again")
    func giveBackLate() {
        let window = window(2, per: .seconds(1))
        window.take(now: at(0))
        window.take(now: at(900))
        window.giveBack(takenAt: at(0), now: at(1000))
        #expect(window.used(now: at(1000)) == 1)
    }

    @Test("Never gives back more than was taken at that moment")
    func giveBackTooMuch() {
        let window = window(10, per: .seconds(1))
        window.take(2, now: at(0))
        window.take(5, now: at(100))
        window.giveBack(9, takenAt: at(0), now: at(200))
        #expect(window.used(now: at(200)) == 5)
    }

    @Test("What is given back twice comes back once")
    func giveBackTwice() {
        let window = window(2, per: .seconds(1))
        window.take(now: at(0))
        window.take(now: at(100))
        for _ in 0..<2 { window.giveBack(takenAt: at(100), now: at(200)) }
        #expect(window.used(now: at(200)) == 1)
    }

    @Test("A take of a shorter window, already forgotten, is not given back from another's after a change")
    func giveBackAfterChange() {
        let window = window(5, per: .milliseconds(100))
        window.take(now: at(0))
        window.take(now: at(150))
        window.convert(
            to: LimitRules(.slidingWindow(requests: 5, per: .seconds(1), margin: .zero)), now: at(150))
        window.giveBack(takenAt: at(0), now: at(160))
        #expect(window.used(now: at(160)) == 1)
    }

    @Test("A changed figure counts what was sent by its own measure")
    func convert() {
        let window = window(5, per: .seconds(1))
        window.take(4, now: at(0))
        window.convert(
            to: LimitRules(.slidingWindow(requests: 4, per: .seconds(2), margin: .zero)), now: at(500))
        #expect(window.earliest(now: at(500)) == at(2000))
    }

    @Test("Above 262,144 units a unit counts up to a 131,072nd of the window longer, and never shorter")
    func large() {
        let window = window(300_000, per: .seconds(1))
        let step = Int64(1_000_000_000 / 300_000)
        for index in 0..<300_000 as Range<Int64> { window.take(now: Instant(nanoseconds: index * step)) }
        for index in stride(from: 0, to: 299_999, by: 997) as StrideTo<Int64> {
            let whenExact = Instant(nanoseconds: index * step + 1_000_000_000 - 1)
            #expect(window.used(now: whenExact) >= 300_000 - Int(index))
            let later = whenExact + TimeSpan(nanoseconds: 1_000_000_000 / 131_072 + 1)
            #expect(window.used(now: later) <= 300_000 - Int(index) - 1)
        }
    }

    @Test("At 262,144 units it is still exact")
    func largestExact() {
        let window = window(262_144, per: .seconds(1))
        for index in 0..<3 as Range<Int64> { window.take(now: Instant(nanoseconds: index)) }
        #expect(window.used(now: Instant(nanoseconds: 1_000_000_001)) == 1)
    }

    @Test("Used far above its capacity, as in shadow mode, it stays bounded and still empties in time")
    func farAbove() {
        let window = window(1, per: .milliseconds(1))
        for index in 0..<10_000 as Range<Int64> { window.take(now: Instant(nanoseconds: index)) }
        #expect(window.used(now: at(0)) == 10_000)
        #expect(window.moments(now: at(0)) == 1024)
        #expect(window.isUnused(now: Instant(nanoseconds: 1_009_999)))
    }
}
