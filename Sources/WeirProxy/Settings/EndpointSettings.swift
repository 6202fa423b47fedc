package import WeirCore

/// A named group of an upstream's operations and the policies that hold for it.
package struct EndpointSettings: Sendable, Equatable {
    /// The name of the endpoint that takes whatever matches none.
    package static let otherName = "other"

    /// What one call uses up of every limit.
    package enum Cost: Sendable, Equatable {
        /// The same for every call; at least 1.
        case fixed(Int)
        /// The value of a request header; 1 where it is absent.
        case header(String)
        /// The value of a query parameter; 1 where it is absent.
        case query(String)
    }

    /// The `endpoint` label.
    package var name: String
    /// Which calls belong to it.
    package var match: EndpointMatch
    /// Its class in line.
    package var priority = Priority.normal
    /// Passes an open circuit and counts only while CLOSED; never passes a limit.
    package var bypassesCircuit = false
    /// What one call uses up.
    package var cost = Cost.fixed(1)
    /// Its own limits, those of `endpoint_defaults` already merged in.
    package var limits: [LimitSettings] = []
    /// Its circuit, or nil where the breaker is off. Unused with an upstream-wide circuit.
    package var circuit: CircuitSettings? = CircuitSettings()
    /// Which failures are tried again, those of the upstream already merged in; `maxAttempts` 1 turns retries off. Its
    /// budget is the upstream's.
    package var retry = RetrySettings()
    /// Its wait and its share of the line.
    package var line = LineSettings()

    /// An endpoint called `name` for the calls that `match` describes.
    package init(name: String, match: EndpointMatch) {
        self.name = name
        self.match = match
    }
}

/// Which calls belong to an endpoint.
package struct EndpointMatch: Sendable, Equatable {
    /// The method, or nil for any.
    package var method: String?
    /// The raw path, the query apart; nil for any.
    package var path: PathPattern?

    /// Matches `method` and `path`; nil matches anything.
    package init(method: String? = nil, path: PathPattern? = nil) {
        self.method = method
        self.path = path
    }

    /// Whether a call of `method` to the raw `path` (without its query) is one of these.
    package func matches(method: Span<UInt8>, path: Span<UInt8>) -> Bool {
        if let own = self.method, !method.isEqual(to: own) { return false }
        return self.path?.matches(path) ?? true
    }
}

extension Span<UInt8> {
    fileprivate func isEqual(to text: String) -> Bool {
        let bytes = text.utf8Span.span
        guard bytes.count == count else { return false }
        for index in bytes.indices where bytes[index] != self[index] { return false }
        return true
    }
}
