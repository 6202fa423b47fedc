/// Decides whether an attempt that failed is made again, and when: exponential backoff within a deadline and a budget.
///
/// Pure: time, randomness and the budget are handed in.
public struct RetryPlanner: Hashable, Sendable {
    /// The rules that it follows.
    public let settings: RetrySettings
    private let backoff: Backoff

    /// A planner for the calls of one endpoint.
    public init(_ settings: RetrySettings) {
        self.settings = settings
        backoff = Backoff(settings)
    }

    /// Whether any call may be tried again; where not, no body need be kept.
    public var isOn: Bool { settings.maxAttempts > 1 }

    /// Whether a call may be sent more than once: because of its method (upper case, as on the wire), or because it
    /// carries an `Idempotency-Key`.
    public func isRepeatable(method: String, hasIdempotencyKey: Bool) -> Bool {
        hasIdempotencyKey || settings.methods.contains(method)
    }

    /// Whether a request body of so many bytes is kept for a retry.
    public func holdsBody(bytes: Int) -> Bool {
        bytes <= settings.maxBody
    }

    /// Whether the settings name such an end of an attempt. Where they do not, there is nothing to plan.
    public func names(_ failure: AttemptFailure) -> Bool {
        course(after: failure) != nil
    }

    /// What follows on an attempt that failed.
    ///
    /// `Retry-After` replaces the backoff where it is longer. A retry is planned only if it would be admitted no
    /// later than the deadline; only then is the budget asked, and one retry of it reserved. A replay on a fresh
    /// connection comes at once: it counts as an attempt, but neither `settings.on` nor the budget is asked, since
    /// nothing has failed but a connection that had been idle.
    public func plan(
        after failure: AttemptFailure, _ call: RetryCircumstances, now: Instant, budget: inout RetryBudget,
        random: inout some RandomNumberGenerator
    ) -> RetryPlan {
        guard !call.hasAnswered else { return .stop(.answered) }
        guard let course = course(after: failure) else { return .stop(.notNamed) }
        guard call.isRepeatable else { return .stop(.notRepeatable) }
        guard call.holdsBody else { return .stop(.bodyNotHeld) }
        guard call.attempts < settings.maxAttempts else { return .stop(.attemptsUsed) }
        guard call.circuitIsClosed else { return .stop(.circuitNotClosed) }
        switch course {
        case .replay:
            return max(now, call.projectedAdmission) <= call.deadline ? .replay : .stop(.deadline)
        case .retry(let reason, let retryAfter):
            let wait = max(backoff.delay(retry: call.attempts, random: &random), retryAfter)
            let start = now + wait
            guard max(start, call.projectedAdmission) <= call.deadline else { return .stop(.deadline) }
            guard budget.reserve(now: now) else { return .stop(.budgetExhausted) }
            return .retry(at: start, reason: reason)
        }
    }

    private enum Course {
        case retry(RetryReason, after: TimeSpan)
        case replay
    }

    /// What the settings say to a failure; nil: nothing.
    private func course(after failure: AttemptFailure) -> Course? {
        switch failure {
        case .status(let status, let retryAfter):
            settings.statuses.contains(status) ? .retry(.status, after: retryAfter ?? .zero) : nil
        case .unanswered(let cause):
            settings.on.contains(cause) ? .retry(RetryReason(cause), after: .zero) : nil
        case .reusedConnectionClosed:
            .replay
        }
    }
}
