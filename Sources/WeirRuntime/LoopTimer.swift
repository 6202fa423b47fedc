internal import NIOCore
internal import WeirCore

/// One timer on a loop that is moved rather than piled up. Used by the actors, each for its one next event.
struct LoopTimer {
    private var scheduled: Scheduled<Void>?
    private var moment: Instant?

    /// Has `fire` called at `moment`, in place of any earlier arrangement; nil: not at all.
    mutating func set(_ moment: Instant?, on loop: any EventLoop, _ fire: @escaping @Sendable () -> Void) {
        guard moment != self.moment else { return }
        scheduled?.cancel()
        self.moment = moment
        scheduled = moment.map { loop.scheduleTask(deadline: $0.deadline, fire) }
    }

    /// To be told when the timer has fired.
    mutating func fired() {
        scheduled = nil
        moment = nil
    }
}
