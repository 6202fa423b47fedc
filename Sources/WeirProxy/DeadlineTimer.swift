internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// The one deadline of its owner. Moving it later costs nothing: the timer that is set already finds out when it fires and
/// waits for the rest, so a busy connection schedules about one timer per deadline's length, not per call.
///
/// Its owner cancels it at its own end: until then they keep each other.
final class DeadlineTimer {
    private let loop: NIOIsolatedEventLoop
    private var fire: ((Instant) -> Void)?
    private var deadline: Instant?
    private var due = Instant.distantFuture
    private var scheduled: Scheduled<Void>?

    /// `fire` is called on the loop with the time of the call, once the deadline has passed. It may hold the timer's owner:
    /// a weak reference would make every use of the owner slower, as long as it lives.
    init(on loop: NIOIsolatedEventLoop, fire: @escaping (Instant) -> Void) {
        self.loop = loop
        self.fire = fire
    }

    /// Moves the deadline; nil: there is none.
    func set(_ deadline: Instant?) {
        self.deadline = deadline
        guard let deadline, deadline < due, fire != nil else { return }
        scheduled?.cancel()
        schedule(deadline)
    }

    /// Forgets the deadline, the timer and its owner.
    func cancel() {
        fire = nil
        deadline = nil
        due = .distantFuture
        scheduled?.cancel()
        scheduled = nil
    }

    private func schedule(_ moment: Instant) {
        due = moment
        scheduled = loop.scheduleTask(deadline: moment.deadline) { self.elapsed() }
    }

    private func elapsed() {
        due = .distantFuture
        scheduled = nil
        guard let deadline else { return }
        let now = loop.nonisolated().instant
        if deadline <= now {
            self.deadline = nil
            fire?(now)
        } else {
            schedule(deadline)
        }
    }
}
