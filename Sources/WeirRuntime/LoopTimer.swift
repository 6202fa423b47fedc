package import NIOCore
package import WeirCore

/// One timer on a loop that is moved rather than piled up. Each user has one for its one next event.
package struct LoopTimer {
    private var scheduled: Scheduled<Void>?
    private var moment: Instant?

    /// A timer that is not set.
    package init() {}

    /// Has `fire` called at `moment`, in place of any earlier arrangement; nil: not at all.
    package mutating func set(_ moment: Instant?, on loop: any EventLoop, _ fire: @escaping @Sendable () -> Void) {
        guard moment != self.moment else { return }
        scheduled?.cancel()
        self.moment = moment
        scheduled = moment.map { loop.scheduleTask(deadline: $0.deadline, fire) }
    }

    /// To be told when the timer has fired.
    package mutating func fired() {
        scheduled = nil
        moment = nil
    }
}
