import Testing
import WeirCore

@testable import WeirProxy

/// The time that a call spends in Weir itself.
@Suite("The stopwatch of a call")
struct StopwatchTests {
    private func moment(_ microseconds: Int64) -> Instant {
        Instant(nanoseconds: microseconds * 1000)
    }

    @Test("It adds what each attempt took to send and what the answer took to pass on, and no wait in between")
    func sum() {
        var watch = Stopwatch()
        watch.sent(since: moment(0), at: moment(20))
        watch.sent(since: moment(5000), at: moment(5010))
        #expect(watch.isRunning == false)
        watch.answered(at: moment(9000))
        #expect(watch.isRunning)
        let overhead = watch.flushed(at: moment(9007))
        #expect(overhead == TimeSpan(nanoseconds: 37_000))
    }

    @Test("It tells once, and nothing without an answer")
    func once() {
        var watch = Stopwatch()
        let early = watch.flushed(at: moment(1))
        #expect(early == nil)
        watch.answered(at: moment(2))
        _ = watch.flushed(at: moment(3))
        let again = watch.flushed(at: moment(4))
        #expect(again == nil)
    }

    @Test("A clock that goes back takes nothing away")
    func backwards() {
        var watch = Stopwatch()
        watch.sent(since: moment(10), at: moment(4))
        watch.answered(at: moment(10))
        let overhead = watch.flushed(at: moment(3))
        #expect(overhead == .zero)
    }
}
