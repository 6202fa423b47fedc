/// How an attempt failed, as far as a retry is concerned.
public enum AttemptFailure: Hashable, Sendable {
    /// The provider answered with this status, and said how long to wait if it said so.
    case status(Int, retryAfter: TimeSpan?)
    /// There was no answer.
    case unanswered(RetryCause)
    /// A connection that had served before closed before the first byte of the answer: as a rule it was idle for too
    /// long, and the provider never saw the request.
    case reusedConnectionClosed
}

/// What is known of a call at the end of an attempt that failed.
public struct RetryCircumstances: Hashable, Sendable {
    /// Attempts made, this one included.
    public var attempts: Int
    /// Whether its method, or its idempotency key, allows it to be sent again.
    public var isRepeatable: Bool
    /// Whether every byte of the request body that has come so far is still held (true without a body).
    public var holdsBody: Bool
    /// Whether the circuit is CLOSED now that it knows of the failure.
    public var circuitIsClosed: Bool
    /// Whether a response head (other than a 1xx) has gone to the caller.
    public var hasAnswered: Bool
    /// When the limits would admit a further attempt, as they stand now.
    public var projectedAdmission: Instant
    /// The last moment at which a further attempt may be admitted.
    public var deadline: Instant

    /// A call that has made `attempts`. What is not given does not stand in the way of a retry.
    public init(
        attempts: Int, isRepeatable: Bool = true, holdsBody: Bool = true, circuitIsClosed: Bool = true,
        hasAnswered: Bool = false, projectedAdmission: Instant = Instant(nanoseconds: .min),
        deadline: Instant = .distantFuture
    ) {
        self.attempts = attempts
        self.isRepeatable = isRepeatable
        self.holdsBody = holdsBody
        self.circuitIsClosed = circuitIsClosed
        self.hasAnswered = hasAnswered
        self.projectedAdmission = projectedAdmission
        self.deadline = deadline
    }
}

/// What is to be done after an attempt that failed.
public enum RetryPlan: Hashable, Sendable {
    /// Ask for admission anew at that moment. One retry of the budget is reserved: it is owed a `RetryBudget.sent` or a
    /// `RetryBudget.giveBack`.
    case retry(at: Instant, reason: RetryReason)
    /// Ask for admission anew now and send on a fresh connection. Nothing is reserved.
    case replay
    /// Give the caller what there is.
    case stop(RetryStop)
}

/// Why an attempt is made again: the `reason` label of `mm_retries_total`. A replay counts as `network`.
public enum RetryReason: String, CaseIterable, Sendable {
    /// The provider answered with a status that is tried again.
    case status
    /// No connection could be made.
    case connect
    /// The connection broke.
    case network
    /// No response head in time.
    case timeout

    /// The reason of a failure without an answer.
    public init(_ cause: RetryCause) {
        switch cause {
        case .connect: self = .connect
        case .network: self = .network
        case .timeout: self = .timeout
        }
    }
}

/// Why a call is not tried again.
public enum RetryStop: Hashable, Sendable {
    /// A response head has gone to the caller.
    case answered
    /// The settings do not name this failure.
    case notNamed
    /// Neither its method nor an idempotency key allows it to be sent twice.
    case notRepeatable
    /// Its body was too long to be kept.
    case bodyNotHeld
    /// All attempts are used.
    case attemptsUsed
    /// The circuit is not CLOSED.
    case circuitNotClosed
    /// The next attempt would be admitted after the deadline.
    case deadline
    /// The budget has no room: counted in `mm_retry_budget_exhausted_total`.
    case budgetExhausted
}
