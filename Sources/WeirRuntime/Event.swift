public import WeirCore

/// What happened, as the actors and the data path tell it. Whoever composes Weir turns events into metrics and log
/// lines; nothing that emits them knows of either.
public enum Event: Sendable {
    /// A circuit moved.
    case circuitMoved(CircuitTransition)
    /// A circuit refused a call.
    case circuitRefused
    /// An attempt was not admitted at once because of a limit or a freeze.
    case limitHit
    /// An attempt was admitted after this long in line.
    case admitted(waited: TimeSpan)
    /// The limits, the line or a freeze refused a call.
    case lineRefused(RefusalReason)
    /// The provider said stop, or that its stop lasts longer.
    case frozen(Freeze)
    /// The provider's stop is over.
    case thawed(wasBan: Bool)
    /// The provider says that little of its quota remains.
    case quotaLow(remaining: Int)
    /// A limit counts less after the provider's 429s.
    case limitShrunk(limit: String, factor: Double)
    /// A limit counts in full again.
    case limitRecovered(limit: String)
    /// An attempt failed.
    case attemptFailed(FailureCode)
    /// An attempt is over, this long after it was sent.
    case attemptEnded(duration: TimeSpan)
    /// A further attempt is sent.
    case retried(RetryReason)
    /// A further attempt is not made, since the budget for them is used up.
    case retryBudgetExhausted
    /// A call spent this long in Weir itself.
    case overhead(TimeSpan)
    /// The fleet's server is out of reach: this process holds itself to its part of the shared limits.
    case fleetLost
    /// The fleet's server decides again.
    case fleetBack
    /// A permit was never reported.
    case permitExpired
    /// A call ended for its caller.
    case callEnded(CallOutcome)
}

/// Where events go. One sink is made for each upstream and endpoint, so that what it feeds is resolved once.
public typealias EventSink = @Sendable (Event) -> Void

/// A stop that the provider called for.
public struct Freeze: Hashable, Sendable {
    /// How long it lasts.
    public let left: TimeSpan
    /// Whether it is a ban.
    public let isBan: Bool
    /// The status of the answer that called for it; nil where none did.
    public let status: Int?

    /// A stop that lasts for `left`.
    public init(left: TimeSpan, isBan: Bool, status: Int?) {
        self.left = left
        self.isBan = isBan
        self.status = status
    }
}

/// How an attempt failed: the `code` label of `mm_api_failures_total`.
public enum FailureCode: Int, CaseIterable, Sendable {
    /// The provider answered 429.
    case status429
    /// The provider answered 500.
    case status500
    /// The provider answered 502.
    case status502
    /// The provider answered 503.
    case status503
    /// The provider answered 504.
    case status504
    /// The provider answered any other 5xx.
    case status5xx
    /// A connect, response or idle timeout.
    case timeout
    /// No TCP connection could be made.
    case connect
    /// The TLS handshake failed.
    case tls
    /// The connection broke, or what came over it was not HTTP.
    case network
    /// No response head in the time of `slow_call`.
    case slow
    /// The provider said that we are banned.
    case ban
    /// The body said what the status did not.
    case classified

    /// The label's value.
    public var label: String {
        switch self {
        case .status429: "429"
        case .status500: "500"
        case .status502: "502"
        case .status503: "503"
        case .status504: "504"
        case .status5xx: "5xx"
        case .timeout: "timeout"
        case .connect: "connect"
        case .tls: "tls"
        case .network: "network"
        case .slow: "slow"
        case .ban: "ban"
        case .classified: "classified"
        }
    }

    /// The code of a status that counts as a failure; nil for one that does not.
    public init?(status: Int) {
        switch status {
        case 429: self = .status429
        case 500: self = .status500
        case 502: self = .status502
        case 503: self = .status503
        case 504: self = .status504
        case 500...599: self = .status5xx
        default: return nil
        }
    }
}

/// How a call ended for its caller: the `outcome` label of `mm_api_requests_total`.
public enum CallOutcome: Int, CaseIterable, Sendable {
    /// Forwarded, below 400.
    case success
    /// Forwarded, a 4xx but 429.
    case clientError
    /// Forwarded, 429 or 5xx.
    case upstreamError
    /// Ended by a timeout once an attempt was under way.
    case timeout
    /// Ended by a failure to connect, or on the connection.
    case networkError
    /// Refused by a circuit.
    case circuitOpen
    /// Refused by a limit or by the line: any 429 of ours.
    case rateLimited
    /// Given up by its caller.
    case cancelled
    /// Refused because of what the caller sent.
    case badRequest
    /// Refused because Weir shuts down.
    case draining

    /// The label's value.
    public var label: String {
        switch self {
        case .success: "success"
        case .clientError: "client_error"
        case .upstreamError: "upstream_error"
        case .timeout: "timeout"
        case .networkError: "network_error"
        case .circuitOpen: "circuit_open"
        case .rateLimited: "rate_limited"
        case .cancelled: "cancelled"
        case .badRequest: "bad_request"
        case .draining: "draining"
        }
    }
}
