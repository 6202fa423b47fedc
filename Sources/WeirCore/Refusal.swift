/// Why a call was not admitted.
public enum RefusalReason: String, CaseIterable, Sendable {
    /// Its admission would come after its deadline, or did not come before it, or the limit does not let it wait.
    case rateLimited = "rate_limited"
    /// The line is full.
    case queueFull = "queue_full"
    /// The provider said stop, and its stop outlasts the call's deadline.
    case frozen
    /// The circuit is open, or half-open with every probe slot taken.
    case circuitOpen = "circuit_open"
    /// Weir is shutting down.
    case draining
}

/// A refusal that knows its reason and how long until a further try could succeed.
public struct Refusal: Error, Hashable, Sendable {
    /// Why.
    public let reason: RefusalReason
    /// The name of the limit that refused, if one did.
    public let limit: String?
    /// How long until a further try could succeed, as far as is known now; 0 where nothing is known.
    public let retryAfter: TimeSpan

    /// A refusal for `reason`.
    public init(_ reason: RefusalReason, limit: String? = nil, retryAfter: TimeSpan = .zero) {
        self.reason = reason
        self.limit = limit
        self.retryAfter = max(.zero, retryAfter)
    }
}
