internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// The one deadline of a connection. Moving it later costs nothing: the timer that is set already finds out when it
/// fires and waits for the rest, so a busy connection schedules about one timer per deadline's length, not per call.
final class ConnectionTimer {
    private let loop: NIOIsolatedEventLoop
    private let fire: (Instant) -> Void
    private var deadline: Instant?
    private var due = Instant.distantFuture
    private var scheduled: Scheduled<Void>?

    /// `fire` is called on the loop with the time of the call, once the deadline has passed. It must not keep the
    /// timer's owner alive.
    init(on loop: NIOIsolatedEventLoop, fire: @escaping (Instant) -> Void) {
        self.loop = loop
        self.fire = fire
    }

    /// Moves the deadline; nil: there is none.
    func set(_ deadline: Instant?) {
        self.deadline = deadline
        guard let deadline, deadline < due else { return }
        scheduled?.cancel()
        schedule(deadline)
    }

    /// Forgets the deadline and the timer.
    func cancel() {
        deadline = nil
        due = .distantFuture
        scheduled?.cancel()
        scheduled = nil
    }

    private func schedule(_ moment: Instant) {
        due = moment
        scheduled = loop.scheduleTask(deadline: moment.deadline) { [weak self] in self?.elapsed() }
    }

    private func elapsed() {
        due = .distantFuture
        scheduled = nil
        guard let deadline else { return }
        let now = loop.nonisolated().instant
        if deadline <= now {
            self.deadline = nil
            fire(now)
        } else {
            schedule(deadline)
        }
    }
}
