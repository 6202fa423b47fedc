internal import WeirCore
internal import WeirHTTP
internal import WeirProxy

/// The keys of `queue`.
enum QueueKey: String, SectionKey {
    case maxWait = "max_wait"
    case maxLength = "max_length"

    static let title = "queue"
    static var standard: LineSettings { LineSettings() }

    var field: Field<LineSettings> {
        switch self {
        case .maxWait: Field(\.maxWait, .duration, "the longest a call waits for a limit; 0s: never")
        case .maxLength:
            Field(
                \.maxLength, .integer(0...1_000_000),
                "calls in line, in an endpoint its share of the line; a higher class takes the place of the newest of a"
                    + " lower one")
        }
    }
}

/// What `breaker` says: a circuit, and whose failures it counts.
struct BreakerDraft {
    var circuit = CircuitSettings()
    var scope = UpstreamSettings.BreakerScope.endpoint
}

/// The keys of `breaker`.
enum BreakerKey: String, SectionKey {
    case scope, window
    case failThreshold = "fail_threshold"
    case failureRatio = "failure_ratio"
    case minRequests = "min_requests"
    case slowCall = "slow_call"
    case cooldown
    case maxCooldown = "max_cooldown"
    case minDwell = "min_dwell"
    case halfOpenDwell = "half_open_dwell"
    case probeCount = "probe_count"
    case probeTimeout = "probe_timeout"

    static let title = "breaker"
    static var standard: BreakerDraft { BreakerDraft() }

    /// What only an upstream's breaker may say.
    static let ofUpstream: Set<BreakerKey> = [.scope]

    var field: Field<BreakerDraft> {
        guard self != .scope else {
            return Field(
                \.scope, .choice([("endpoint", .endpoint), ("upstream", .upstream)]),
                "a circuit for each endpoint, or one for all (its `endpoint` label is empty); not in an endpoint")
        }
        return circuit.within(\.circuit)
    }

    private var circuit: Field<CircuitSettings> {
        switch self {
        case .failThreshold:
            Field(
                \.failThreshold, orNull: .integer(1...1_000_000),
                "so many failures in the window open it; null: not by count")
        case .failureRatio:
            Field(
                \.failureRatio, orNull: .number(.positiveShare),
                "also opens at this share of at least `min_requests` in the window")
        case .minRequests:
            Field(\.minRequests, .integer(1...1_000_000), "outcomes in the window from which `failure_ratio` counts")
        case .slowCall:
            Field(
                \.slowCall, orNull: .positiveDuration,
                "an attempt without a response head by then counts as one failure, then")
        case .cooldown: Field(\.cooldown, .positiveDuration, "open this long before half-open")
        case .maxCooldown:
            Field(
                \.maxCooldown, orNull: .positiveDuration,
                "the cooldown doubles at each failed probe up to this, with jitter")
        case .minDwell: Field(\.minDwell, .duration, "least time OPEN")
        case .halfOpenDwell: Field(\.halfOpenDwell, .duration, "least time HALF_OPEN before it may close")
        case .probeCount:
            Field(\.probeCount, .integer(1...10_000), "probes in flight, and successes in a row that close it")
        case .probeTimeout: Field(\.probeTimeout, .positiveDuration, "a probe without an outcome by then is a failure")
        case .window, .scope: Field(\.window, .positiveDuration, "sliding window over which failures count")
        }
    }
}

/// The keys of `timeouts`.
enum TimeoutsKey: String, SectionKey {
    case connect, response, request, idle

    static let title = "timeouts"
    static var standard: Timeouts { Timeouts() }

    var field: Field<Timeouts> {
        switch self {
        case .connect: Field(\.connect, .positiveDuration, "TCP and TLS")
        case .response: Field(\.response, .positiveDuration, "from sending the head to the response head")
        case .request:
            Field(
                \.request, .positiveDuration, "from the caller's head to the response head, line and retries included")
        case .idle: Field(\.idle, .positiveDuration, "no byte of a body either way")
        }
    }
}

/// The keys of `pool`.
enum PoolKey: String, SectionKey {
    case maxConnections = "max_connections"
    case idleTimeout = "idle_timeout"
    case dnsTTL = "dns_ttl"

    static let title = "pool"
    static var standard: PoolSettings { PoolSettings() }

    var field: Field<PoolSettings> {
        switch self {
        case .maxConnections: Field(\.maxConnections, .integer(1...65536), "connections to the provider")
        case .idleTimeout: Field(\.idleTimeout, .duration, "an idle connection is closed after this")
        case .dnsTTL:
            Field(\.dnsTTL, .duration, "how long an address that DNS gave is used; 0s: each connection asks anew")
        }
    }
}

/// The keys of `expires`.
enum ExpiresKey: String, SectionKey {
    case header, window

    static let title = "expires"
    static var standard: ExpirySettings { ExpirySettings(header: "", window: .zero) }

    var field: Field<ExpirySettings> {
        switch self {
        case .header: Field(\.header, .headerName, isRequired: true, "holds the time of signing in epoch milliseconds")
        case .window:
            Field(\.window, .positiveDuration, isRequired: true, "how long after it the provider accepts the call")
        }
    }
}
