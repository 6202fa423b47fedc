public import NIOCore
public import WeirCore

/// The way in for any task.
extension RateLimiter {
    /// Waits for admission. What it returns is owed a `release` when the attempt is over, or a `giveBack` where there was none.
    ///
    /// - Parameters:
    ///   - endpoint: the endpoint's place.
    ///   - cost: units to take of every limit that counts them; at least 1.
    ///   - priority: the class in line.
    ///   - keys: the call's keys, made by the endpoint's `Keying`; none where no limit of it is keyed.
    ///   - maxWait: the longest wait.
    /// - Throws: `Refusal`, or `CancellationError` where the task was cancelled before its turn. In neither case has
    ///   anything been taken.
    public func acquire(
        endpoint: Int = 0, cost: Int = 1, priority: Priority = .normal, keys: CallKeys = .none, maxWait: TimeSpan
    ) async throws -> Admission {
        try Task.checkCancellation()
        let now = executor.loop.instant
        let demand = Demand(endpoint: endpoint, cost: cost, priority: priority, keys: keys, deadline: now + maxWait)
        switch enter(demand, ready: true, now: now) {
        case .admitted(let admission): return admission
        case .refused(let refusal): throw refusal
        case .joined(let ticket):
            // Announcing a turn has to wait until the continuation is in the books; the timer will.
            _ = control.next(now: now)
            setTimer()
            return try await turn(of: ticket)
        }
    }

    /// Takes an admission that is to be had at once. What it returns is owed as with `acquire`.
    ///
    /// - Throws: where it would have to wait; nothing has been taken then.
    public func tryAcquire(
        endpoint: Int = 0, cost: Int = 1, priority: Priority = .normal, keys: CallKeys = .none
    ) throws(Refusal) -> Admission {
        let now = executor.loop.instant
        let demand = Demand(endpoint: endpoint, cost: cost, priority: priority, keys: keys, deadline: now)
        switch enter(demand, ready: true, now: now) {
        case .admitted(let admission): return admission
        case .refused(let refusal): throw refusal
        case .joined(let ticket):
            // Somebody is about to use the room that there is.
            leave(ticket, now: now)
            sinks[endpoint](.limitHit)
            sinks[endpoint](.lineRefused(.rateLimited))
            throw Refusal(.rateLimited)
        }
    }

    /// The attempt is over, now: `release(_:now:)` for a task.
    public func release(_ admission: Admission) {
        release(admission, now: executor.loop.instant)
    }

    /// There was no attempt: `giveBack(_:now:)` for a task, now.
    public func giveBack(_ admission: Admission) {
        giveBack(admission, now: executor.loop.instant)
    }

    /// Nothing can come between joining the line and storing the continuation: both happen in one turn of the actor, and
    /// a cancellation is a later one, even that of a task cancelled before it got here.
    private func turn(of ticket: Ticket) async throws -> Admission {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                tasks[ticket] = continuation
            }
        } onCancel: {
            executor.loop.execute { self.onLoop { $0.cancel(ticket) } }
        }
    }

    /// Does nothing once the ticket's turn has come: then the task has been admitted.
    private func cancel(_ ticket: Ticket) {
        guard let continuation = tasks.removeValue(forKey: ticket) else { return }
        leave(ticket, now: executor.loop.instant)
        continuation.resume(throwing: CancellationError())
    }
}

/// Runs `body` with a limiter that is shut down when `body` returns or throws: whoever waits then is refused as `draining`,
/// and no timer, task or continuation is left.
///
/// - Parameters:
///   - eventLoop: where the limiter lives; it has to outlast the call.
///   - control: the limits and the line.
///   - sinks: where events go, one for each endpoint.
/// - Throws: what `body` throws.
public func withRateLimiter<Result>(
    on eventLoop: any EventLoop, control: AdmissionControl, sinks: [EventSink],
    isolation: isolated (any Actor)? = #isolation, _ body: (RateLimiter) async throws -> Result
) async rethrows -> Result {
    let limiter = RateLimiter(on: eventLoop, control: control, sinks: sinks)
    do {
        let result = try await body(limiter)
        await limiter.shutDown()
        return result
    } catch {
        await limiter.shutDown()
        throw error
    }
}
