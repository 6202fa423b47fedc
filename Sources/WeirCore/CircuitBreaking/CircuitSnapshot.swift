/// What a circuit shows of itself at one moment.
public struct CircuitSnapshot: Hashable, Sendable {
    /// Its state.
    public let state: CircuitState
    /// When it came into it; nil where it never moved.
    public let since: Instant?
    /// Failures in the window; unless CLOSED, those that were in it when the circuit opened.
    public let failuresInWindow: Int
    /// How many would open it; nil: not by count.
    public let failThreshold: Int?
    /// How long until it probes; 0 in HALF_OPEN, nil in CLOSED and while it is forced open.
    public let untilNextProbe: TimeSpan?
    /// What it is forced to be; nil: it follows its rules.
    public let forced: ForcedCircuitState?
    /// How often it has moved.
    public let transitions: Int
}
