import Testing
import WeirCore

@Suite("Shrink and recover")
struct ShrinkAndRecoverTests {
    final class Seat {
        var limit: ShrinkAndRecover

        init(window: TimeSpan = .seconds(5), _ change: (inout FeedbackSettings) -> Void = { _ in }) {
            var settings = FeedbackSettings()
            change(&settings)
            limit = ShrinkAndRecover(settings, window: window)
        }

        func refused(sent: Double = 0, seconds: Double) -> Double? {
            limit.refused(sentAt: at(seconds: sent), now: at(seconds: seconds))
        }

        func advance(seconds: Double) -> Double? { limit.advance(now: at(seconds: seconds)) }
    }

    @Test("A 429 halves the limit at once")
    func shrinks() {
        let seat = Seat()
        #expect(seat.limit.factor == 1)
        #expect(seat.limit.nextStep == nil)
        #expect(seat.refused(seconds: 1) == 0.5)
        #expect(seat.limit.factor == 0.5)
    }

    @Test("32 attempts in flight that are refused together shrink it once, however late they are")
    func onceForAll() {
        let seat = Seat()
        var shrinks = 0
        for attempt in stride(from: 0, to: 32, by: 1.0) {
            if seat.refused(sent: 0.01 * attempt, seconds: 0.5 + 0.1 * attempt) != nil { shrinks += 1 }
        }
        #expect(shrinks == 1)
        #expect(seat.limit.factor == 0.5)
        #expect(seat.refused(sent: 0.49, seconds: 8) == nil, "after the window, but sent before the limit shrank")
    }

    @Test("It shrinks again after a window, and not before")
    func oncePerWindow() {
        let early = Seat()
        _ = early.refused(seconds: 0)
        #expect(early.refused(sent: 1, seconds: 4.999) == nil)
        // One step of 3 s has been taken on the way back from 0.5: 0.525.
        #expect(early.refused(sent: 0, seconds: 5) == 0.2625, "sent in the very moment counts")
    }

    @Test("It never shrinks below a tenth, and at the floor tells no change")
    func floor() {
        let seat = Seat(window: .zero)
        #expect(seat.refused(sent: 0, seconds: 0) == 0.5)
        #expect(seat.refused(sent: 0, seconds: 0) == 0.25)
        #expect(seat.refused(sent: 0, seconds: 0) == 0.125)
        #expect(seat.refused(sent: 0, seconds: 0) == 0.1)
        #expect(seat.refused(sent: 0, seconds: 2) == nil)
        #expect(seat.limit.nextStep == at(seconds: 5), "the way back begins anew")
        #expect(Seat { $0.shrinkOn429 = 0.01 }.refused(seconds: 0) == 0.1)
    }

    @Test("A factor of 1 turns it off")
    func off() {
        let seat = Seat { $0.shrinkOn429 = 1 }
        #expect(seat.refused(seconds: 0) == nil)
        #expect(seat.limit.nextStep == nil)
    }

    @Test("It grows back linearly in twenty steps over recover_over, each at its time")
    func recovers() {
        let seat = Seat()
        _ = seat.refused(seconds: 0)
        for step in 1...20 {
            let due = Double(step) * 3
            #expect(seat.limit.nextStep == at(seconds: due))
            #expect(seat.advance(seconds: due - 0.001) == nil)
            let factor = seat.advance(seconds: due)
            #expect(factor.map { abs($0 - (0.5 + 0.025 * Double(step))) < 1e-12 } == true, "step \(step)")
        }
        #expect(seat.limit.factor == 1)
        #expect(seat.limit.nextStep == nil)
        #expect(seat.advance(seconds: 100) == nil)
    }

    @Test("Steps that were missed are taken together, and the last gives exactly 1")
    func missedSteps() {
        let seat = Seat { $0.shrinkOn429 = 0.3 }
        _ = seat.refused(seconds: 0)
        #expect(seat.advance(seconds: 31).map { abs($0 - 0.65) < 1e-12 } == true)
        #expect(seat.advance(seconds: 1000) == 1)
    }

    @Test("A further 429 shrinks what has grown back by then")
    func shrinksFromWhereItIs() {
        let seat = Seat()
        _ = seat.refused(seconds: 0)
        #expect(seat.refused(sent: 20, seconds: 30) == 0.375, "half of 0.75")
        #expect(seat.limit.nextStep == at(seconds: 33))
    }

    @Test("A long time after, it shrinks from 1 again")
    func shrinksAnew() {
        let seat = Seat()
        _ = seat.refused(seconds: 0)
        #expect(seat.refused(sent: 70, seconds: 71) == 0.5)
    }

    @Test("Time going backwards neither grows nor shrinks it")
    func backwards() {
        let seat = Seat()
        _ = seat.refused(seconds: 100)
        #expect(seat.advance(seconds: 0) == nil)
        #expect(seat.refused(sent: 0, seconds: 0) == nil)
        #expect(seat.advance(seconds: 130) == 0.75)
        #expect(seat.advance(seconds: 110) == nil)
        #expect(seat.limit.factor == 0.75)
    }

    @Test("A recovery of no time is over with the next step")
    func noRecovery() {
        let seat = Seat { $0.recoverOver = .zero }
        #expect(seat.refused(seconds: 0) == 0.5)
        #expect(seat.advance(seconds: 0.001) == 1)
    }
}
