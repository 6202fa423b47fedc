/// The state of a circuit.
public enum CircuitState: Int, CaseIterable, Sendable {
    /// Calls pass; failures are counted.
    case closed = 0
    /// Calls are refused.
    case open = 1
    /// A few probes pass; their outcomes decide.
    case halfOpen = 2

    /// The name in `/status`, events and the labels `from` and `to`.
    public var name: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half_open"
        }
    }
}

/// What an operator may force a circuit to be, whatever its rules say.
public enum ForcedCircuitState: String, CaseIterable, Sendable {
    /// Refuses every call but those that bypass it.
    case open
    /// Admits every call and never opens.
    case closed
}

/// A move from one state to another.
public struct CircuitTransition: Hashable, Sendable {
    /// Why a circuit moved.
    public enum Cause: String, Sendable {
        /// As many failures in the window as `fail_threshold`.
        case threshold
        /// A share of failures as large as `failure_ratio`.
        case ratio
        /// The cooldown is over.
        case cooldown
        /// A probe failed.
        case probeFailed = "probe_failed"
        /// A probe had no outcome in time.
        case probeTimeout = "probe_timeout"
        /// As many probes in a row succeeded as are asked for.
        case probesSucceeded = "probes_succeeded"
        /// An operator forced it.
        case forced
    }

    /// The state before.
    public let from: CircuitState
    /// The state after.
    public let to: CircuitState
    /// Why it moved.
    public let cause: Cause

    /// A move from `from` to `to`.
    public init(from: CircuitState, to: CircuitState, cause: Cause) {
        self.from = from
        self.to = to
        self.cause = cause
    }
}

/// What an attempt told of the provider.
public enum Outcome: Sendable {
    /// The provider did its work.
    case success
    /// The provider failed.
    case failure
    /// Nothing was learned: the caller gave up, or its own deadline came first.
    case ignored
}

/// The right to make one attempt. Its outcome is owed; one from an earlier state changes nothing.
public struct CircuitPermit: Hashable, Sendable {
    let generation: UInt64
    let probe: UInt64?

    /// Whether it is one of the few that a HALF_OPEN circuit gives.
    public var isProbe: Bool { probe != nil }
}

/// What a circuit answers to a call.
public enum CircuitAnswer: Sendable {
    /// It may go; the outcome is owed.
    case permit(CircuitPermit)
    /// It is refused; a further try may succeed after this long (0 where that is not known).
    case refused(retryAfter: TimeSpan)
}
