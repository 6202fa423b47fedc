internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// The retries of one provider: their common budget, and the calls in backoff.
final class Retries {
    private var budget: RetryBudget
    private var random = SystemRandomNumberGenerator()
    private var inBackoff: [ObjectIdentifier: (call: Call, timer: Scheduled<Void>)] = [:]
    private let loop: NIOIsolatedEventLoop

    init(_ settings: RetryBudgetSettings, on eventLoop: any EventLoop) {
        budget = RetryBudget(settings)
        loop = eventLoop.assumeIsolated()
    }

    /// Keeps to another budget from now on; what has been counted of it stays counted.
    func follow(_ settings: RetryBudgetSettings, now: Instant) {
        budget.follow(settings, now: now)
    }

    /// A call makes its first attempt.
    func recordCall(now: Instant) {
        budget.recordCall(now: now)
    }

    /// What follows on an attempt that failed.
    func plan(
        _ planner: RetryPlanner, after failure: AttemptFailure, _ call: RetryCircumstances, now: Instant
    ) -> RetryPlan {
        planner.plan(after: failure, call, now: now, budget: &budget, random: &random)
    }

    /// A planned retry is sent.
    func sent(now: Instant) {
        budget.sent(now: now)
    }

    /// A planned retry is not sent after all.
    func giveBack() {
        budget.giveBack()
    }

    /// How many retries the budget has room for.
    func remaining(now: Instant) -> Int {
        budget.remaining(now: now)
    }

    /// Has the call asked to enter again at `moment`.
    func beginBackoff(of call: Call, until moment: Instant) {
        let timer = loop.scheduleTask(deadline: moment.deadline) { [self] in
            inBackoff[ObjectIdentifier(call)] = nil
            call.backoffEnded(now: loop.nonisolated().instant)
        }
        inBackoff[ObjectIdentifier(call)] = (call, timer)
    }

    /// The call waits no longer; nothing happens where it does not.
    func endBackoff(of call: Call) {
        guard !inBackoff.isEmpty else { return }
        inBackoff.removeValue(forKey: ObjectIdentifier(call))?.timer.cancel()
    }

    /// Refuses every call in backoff.
    func refuseAll(_ refusal: Refusal) {
        for (call, _) in inBackoff.values { call.refuse(refusal) }
    }
}
