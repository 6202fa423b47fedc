import Testing
import WeirCore

@Suite("Sliding window")
struct SlidingWindowTests {
    @Test("Serves a burst of the whole quota at once, then nothing until the first unit expires")
    func burst() {
        var window = SlidingWindow(capacity: 600, span: .milliseconds(5020))
        for _ in 0..<600 {
            #expect(window.earliest(units: 1, now: at(0)) == at(0))
            window.take(units: 1, now: at(0))
        }
        #expect(window.earliest(units: 1, now: at(0)) == at(5020))
        #expect(window.earliest(units: 1, now: at(5019)) == at(5020))
        #expect(window.earliest(units: 600, now: at(5020)) == at(5020), "nothing is wasted once it is free")
    }

    @Test("The interval is half-open: a unit stops counting exactly one span later")
    func halfOpen() {
        var window = SlidingWindow(capacity: 1, span: .seconds(5))
        window.take(units: 1, now: at(0))
        #expect(window.used(now: Instant(nanoseconds: 4_999_999_999)) == 1)
        #expect(window.used(now: at(5000)) == 0)
    }

    @Test("Counts costs as so many units, and frees them together")
    func weighted() {
        var window = SlidingWindow(capacity: 10, span: .seconds(1))
        window.take(units: 4, now: at(0))
        window.take(units: 5, now: at(300))
        #expect(window.earliest(units: 1, now: at(400)) == at(400))
        #expect(window.earliest(units: 2, now: at(400)) == at(1000))
        #expect(window.earliest(units: 5, now: at(400)) == at(1000))
        #expect(window.earliest(units: 6, now: at(400)) == at(1300))
    }

    @Test("Projects whole windows for more than its capacity")
    func projection() {
        var window = SlidingWindow(capacity: 2, span: .seconds(1))
        window.take(units: 1, now: at(0))
        window.take(units: 1, now: at(100))
        #expect(window.earliest(units: 2, now: at(200)) == at(1100))
        #expect(window.earliest(units: 3, now: at(200)) == at(2000))
        #expect(window.earliest(units: 4, now: at(200)) == at(2100))
    }

    /// tikv/pd#10771, MediaWiki-MCP#557.
    @Test("Time going backwards neither frees units nor locks anyone out")
    func backwards() {
        var window = SlidingWindow(capacity: 1, span: .seconds(1))
        window.take(units: 1, now: at(5000))
        #expect(window.earliest(units: 1, now: at(0)) == at(6000))
        #expect(window.used(now: at(0)) == 1)
        #expect(window.used(now: at(6000)) == 0)
    }

    /// governor#107, and the two-windows-at-once fault of calendar counters (governor#219, aiolimiter#298).
    @Test("After idling it holds its capacity, not one unit more", arguments: [1, 600] as [Int])
    func noExtraUnitAfterIdle(capacity: Int) {
        var window = SlidingWindow(capacity: capacity, span: .seconds(5))
        window.take(units: capacity, now: at(0))
        let later = at(seconds: 3600)
        window.take(units: capacity, now: later)
        #expect(window.earliest(units: 1, now: later) == later + .seconds(5))
    }

    @Test("Agrees with a reference that keeps every stamp", arguments: 0..<20 as Range<UInt64>)
    func agreesWithReference(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...40, using: &random)
        let span = TimeSpan(nanoseconds: Int64.random(in: 1...2_000_000_000, using: &random))
        var window = SlidingWindow(capacity: capacity, span: span)
        var stamps: [Int64] = []
        var now = Int64(0)
        _ = window.used(now: at(0))
        for step in 0..<3000 {
            // Stalls, steps and, now and then, a clock that goes back.
            let move = Int64.random(in: -50_000_000...300_000_000, using: &random)
            let told = now + move
            now = max(now, told)
            stamps.removeAll { $0 + span.nanoseconds <= now }
            let units = Int.random(in: 1...capacity, using: &random)
            let missing = stamps.count + units - capacity
            let expected = missing <= 0 ? now : stamps[missing - 1] + span.nanoseconds
            let earliest = window.earliest(units: units, now: Instant(nanoseconds: told))
            #expect(earliest.nanoseconds == expected, "seed \(seed), step \(step)")
            #expect(window.used(now: Instant(nanoseconds: told)) == stamps.count, "seed \(seed), step \(step)")
            if expected == now {
                window.take(units: units, now: Instant(nanoseconds: told))
                stamps.append(contentsOf: repeatElement(now, count: units))
            }
        }
    }
}
