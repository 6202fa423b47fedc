/// Which failed attempts are made again, when, and how many of them at most.
public struct RetrySettings: Hashable, Sendable {
    /// Attempts per call, the first included; at least 1, which turns retries off; 3.
    public var maxAttempts = 3
    /// The backoff before the first retry, above 0; 1 s.
    public var initialDelay = TimeSpan.seconds(1)
    /// What each further backoff is longer by, at least 1; 2.
    public var multiplier = 2.0
    /// No backoff is longer, jitter included; 30 s.
    public var maxDelay = TimeSpan.seconds(30)
    /// The backoff is spread evenly over ± this share (0...1) of it; 0.25.
    public var jitter = 0.25
    /// The methods that may be sent again, upper case; any other only with an `Idempotency-Key`. GET, HEAD, OPTIONS.
    public var methods = ["GET", "HEAD", "OPTIONS"]
    /// The statuses that are tried again, of 400...599; 429, 500, 502, 503, 504.
    public var statuses = [429, 500, 502, 503, 504]
    /// The failures without an answer that are tried again; all of them.
    public var on: Set<RetryCause> = [.connect, .network, .timeout]
    /// How many retries all calls of an upstream may make together.
    public var budget = RetryBudgetSettings()
    /// A request body of more bytes than this is never sent again; 64 KiB.
    public var maxBody = 64 * 1024

    /// The contract's defaults.
    public init() {}
}

/// A failure without an answer: an element of `retry.on`.
public enum RetryCause: String, CaseIterable, Sendable {
    /// No connection could be made in time, TCP or TLS: nothing was sent.
    case connect
    /// The connection broke. (What is not HTTP is an answer, and is not tried again.)
    case network
    /// No response head in time.
    case timeout
}

/// How many retries are sent at most, as a share of the calls; Linkerd's rule.
public struct RetryBudgetSettings: Hashable, Sendable {
    /// Retries per call over the window, at least 0; 0.2.
    public var ratio: Double
    /// Retries per second that are always allowed, at least 0; 10.
    public var minPerSecond: Double
    /// The sliding window over which calls and retries are counted, above 0; 10 s.
    public var window: TimeSpan

    /// A budget with the contract's defaults where nothing else is given.
    public init(ratio: Double = 0.2, minPerSecond: Double = 10, window: TimeSpan = .seconds(10)) {
        self.ratio = ratio
        self.minPerSecond = minPerSecond
        self.window = window
    }
}
