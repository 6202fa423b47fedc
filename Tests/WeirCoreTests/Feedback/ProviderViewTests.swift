import Testing
import WeirCore

@Suite("Provider view")
struct ProviderViewTests {
    final class Seat {
        var view: ProviderView

        init(limit: String? = "ip", _ change: (inout FeedbackSettings) -> Void = { _ in }) {
            var settings = FeedbackSettings()
            settings.limit = limit
            change(&settings)
            view = ProviderView(settings)
        }

        @discardableResult
        func heard(
            limit: Int? = 600, _ remaining: Int, reset: Instant? = nil, inFlight: Int = 0,
            own: ProviderView.OwnLimit? = nil, now: Instant = at(0)
        ) -> ProviderView.Advice? {
            let reading = ProviderReading(limit: limit, remaining: remaining, reset: reset)
            return view.heard(reading, inFlight: inFlight, own: own, now: now)
        }
    }

    private static let own = ProviderView.OwnLimit(capacity: 600, used: 130, window: .seconds(5))

    // MARK: What was said

    @Test("Keeps what the provider last said, and when")
    func said() {
        let seat = Seat()
        #expect(seat.view.said == nil)
        seat.heard(481, reset: at(4000), now: at(1000))
        #expect(seat.view.said?.limit == 600)
        #expect(seat.view.said?.remaining == 481)
        #expect(seat.view.said?.reset == at(4000))
        #expect(seat.view.said?.seenAt == at(1000))
    }

    @Test("A count of what is used speaks through our own limit, and says nothing without it")
    func usedOnly() {
        let reading = ProviderReading(used: 100, reset: at(60_000))
        let seat = Seat()
        #expect(seat.view.heard(reading, inFlight: 0, own: nil, now: at(0)) == nil)
        #expect(seat.view.said == nil)
        let advice = seat.view.heard(reading, inFlight: 10, own: Self.own, now: at(0))
        #expect(advice?.allowance == 490)
        #expect(seat.view.said?.remaining == 500)
        #expect(seat.view.said?.limit == nil, "the provider did not say it")
        #expect(seat.view.drift == 30)
        let over = ProviderReading(used: 700)
        #expect(seat.view.heard(over, inFlight: 0, own: Self.own, now: at(0))?.allowance == 0)
    }

    @Test("Drift is our count of what is used less the provider's")
    func drift() {
        let seat = Seat()
        seat.heard(480, own: Self.own)
        #expect(seat.view.drift == 10)
        seat.heard(400, own: Self.own)
        #expect(seat.view.drift == -70, "somebody else uses the quota too")
        seat.heard(limit: nil, 480, own: Self.own)
        #expect(seat.view.drift == 10, "without the provider's limit ours is taken")
        seat.heard(480)
        #expect(seat.view.drift == nil)
    }

    // MARK: The clamp

    @Test("No more than remains, less what is in flight")
    func clamp() {
        let seat = Seat()
        #expect(seat.heard(481, inFlight: 31)?.allowance == 450)
        #expect(seat.heard(31, inFlight: 31)?.allowance == 0)
        #expect(seat.heard(30, inFlight: 31)?.allowance == 0)
        #expect(seat.heard(5, inFlight: -1)?.allowance == 5)
    }

    @Test("Without feedback.limit, or with clamp off, the provider's count does not bind")
    func clampOff() throws {
        #expect(try #require(Seat(limit: nil).heard(481)).allowance == nil)
        #expect(try #require(Seat { $0.clamp = false }.heard(481)).allowance == nil)
    }

    @Test("Of several quotas the least bounds the calls")
    func leastOfSeveral() {
        var reading = ProviderReading(limit: 150_000, remaining: 70_000)
        reading.leastRemaining = 30
        let seat = Seat()
        #expect(seat.view.heard(reading, inFlight: 3, own: nil, now: at(0))?.allowance == 27)
        #expect(seat.view.said?.remaining == 70_000)
    }

    @Test("Answers that overtake each other within a window: the least holds")
    func reordered() {
        let seat = Seat()
        #expect(seat.heard(9, reset: at(5000))?.allowance == 9)
        #expect(seat.heard(10, reset: at(5000))?.allowance == 9)
        #expect(seat.heard(8, reset: at(5000))?.allowance == 8)
        #expect(seat.heard(600, reset: at(10_000))?.allowance == 600, "the next window")
        #expect(seat.heard(599)?.allowance == 599)
        #expect(seat.heard(600)?.allowance == 600, "a rolling window tells no end: what is said last holds")
    }

    @Test("An allowance lapses at the reset, or after our own window where that is not known")
    func lapse() {
        #expect(Seat().heard(5, reset: at(700), own: Self.own)?.until == at(700))
        #expect(Seat().heard(5, own: Self.own)?.until == at(5000))
        #expect(Seat().heard(5)?.until == at(1000))
    }

    @Test("Nothing left without a reset holds for a second only: no answer would come to lift it")
    func blindHold() {
        let advice = Seat().heard(0, own: Self.own, now: at(100))
        #expect(advice?.allowance == 0)
        #expect(advice?.until == at(1100))
        #expect(Seat().heard(1, own: Self.own, now: at(100))?.until == at(5100))
    }

    @Test("A reset that is now or over is none")
    func resetIsOver() {
        let seat = Seat()
        #expect(seat.heard(0, reset: at(100), now: at(100))?.until == at(1100))
        #expect(seat.view.said?.reset == nil)
        #expect(seat.heard(0, reset: at(101), now: at(100))?.until == at(101))
    }

    // MARK: Slowing down

    @Test("Below slow_remaining each admission is delayed, until the reset or until more remains")
    func slow() {
        let seat = Seat()
        #expect(seat.heard(50, reset: at(5000))?.delay == nil)
        #expect(seat.view.delay(now: at(0)) == nil)
        #expect(seat.heard(49, reset: at(5000))?.delay == .milliseconds(100))
        #expect(seat.view.delay(now: at(4999)) == .milliseconds(100))
        #expect(seat.view.delay(now: at(5000)) == nil)
        #expect(seat.heard(60, reset: at(9000), now: at(1000))?.delay == nil)
        #expect(seat.view.delay(now: at(1001)) == nil)
    }

    @Test("slow_remaining is ignored where the provider's limit is not above it, or not known")
    func slowIsRelative() {
        #expect(Seat().heard(limit: 51, 1)?.delay != nil)
        #expect(Seat().heard(limit: 50, 1)?.delay == nil)
        #expect(Seat().heard(limit: nil, 1)?.delay == nil)
        #expect(Seat().heard(limit: nil, 1, own: Self.own)?.delay != nil, "ours is taken for it")
        #expect(Seat { $0.slowRemaining = 0 }.heard(0)?.delay == nil)
    }

    // MARK: Warning

    @Test("Below warn_remaining it warns, once per window")
    func warn() {
        let seat = Seat()
        #expect(seat.heard(100, reset: at(5000))?.warning == nil)
        #expect(seat.heard(99, reset: at(5000))?.warning == 99)
        #expect(seat.heard(98, reset: at(5000), now: at(1))?.warning == nil)
        #expect(seat.heard(500, reset: at(5000), now: at(2))?.warning == nil)
        #expect(seat.heard(97, reset: at(5000), now: at(4999))?.warning == nil)
        #expect(seat.heard(96, reset: at(10_000), now: at(5000))?.warning == 96)
        #expect(seat.heard(95, reset: at(10_000), now: at(5001))?.warning == nil)
    }

    @Test("A rolling window, which tells no reset, warns once per length of ours")
    func warnRolling() {
        let seat = Seat()
        #expect(seat.heard(99, own: Self.own)?.warning == 99)
        #expect(seat.heard(98, own: Self.own, now: at(4999))?.warning == nil)
        #expect(seat.heard(97, own: Self.own, now: at(5000))?.warning == 97)
    }

    @Test("Where neither the provider nor a limit of ours tells of a window, it warns once a minute")
    func warnsOnceAMinute() {
        let seat = Seat()
        #expect(seat.heard(99)?.warning == 99)
        #expect(seat.heard(98, now: at(59_999))?.warning == nil)
        #expect(seat.heard(97, now: at(60_000))?.warning == 97)
    }

    @Test("warn_remaining is ignored where the provider's limit is not above it, or not known")
    func warnIsRelative() {
        #expect(Seat().heard(limit: 101, 1)?.warning == 1)
        #expect(Seat().heard(limit: 100, 1)?.warning == nil)
        #expect(Seat().heard(limit: nil, 1)?.warning == nil)
        #expect(Seat { $0.warnRemaining = 0 }.heard(0)?.warning == nil)
    }

    @Test("It warns and slows down without feedback.limit too")
    func warnsWithoutLimit() {
        let advice = Seat(limit: nil).heard(10)
        #expect(advice?.warning == 10)
        #expect(advice?.delay == .milliseconds(100))
    }
}
