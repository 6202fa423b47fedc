/// When a circuit opens, how long it stays open, and what closes it again.
public struct CircuitSettings: Hashable, Sendable {
    /// The sliding window over which failures count; 60 s.
    public var window = TimeSpan.seconds(60)
    /// This many failures in the window open the circuit, the first one where it is less than 1; 10. nil: not by count.
    public var failThreshold: Int? = 10
    /// Also opens at this share (0..1] of at least `minRequests` outcomes in the window. nil: not by share.
    public var failureRatio: Double?
    /// The least number of outcomes in the window for `failureRatio` to count; 20.
    public var minRequests = 20
    /// An attempt without a response head by then counts as one failure, then. nil: never.
    public var slowCall: TimeSpan?
    /// OPEN this long before HALF_OPEN; 30 s.
    public var cooldown = TimeSpan.seconds(30)
    /// Above `cooldown`: the cooldown doubles at each failed probe up to this, with jitter. nil: it stays.
    public var maxCooldown: TimeSpan?
    /// The least time OPEN; 30 s.
    public var minDwell = TimeSpan.seconds(30)
    /// The least time HALF_OPEN before it may close; 0.
    public var halfOpenDwell = TimeSpan.zero
    /// Probes in flight at most, and the successes in a row that close the circuit; at least 1, and 1.
    public var probeCount = 1 {
        didSet { probeCount = max(1, probeCount) }
    }
    /// A probe without an outcome by then is a failure; 30 s.
    public var probeTimeout = TimeSpan.seconds(30)

    /// The contract's defaults.
    public init() {}

    /// Whether both stay OPEN for the same time.
    func hasCooldown(of other: CircuitSettings) -> Bool {
        cooldown == other.cooldown && maxCooldown == other.maxCooldown && minDwell == other.minDwell
    }
}
