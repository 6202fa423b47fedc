package import WeirCore
package import WeirRuntime

/// What a caller that reaches the provider by itself asks for.
package struct PermitWish: Sendable {
    /// The endpoint's name; nil: the one of calls that match none.
    package var endpoint: String?
    /// Units to take of each limit that counts them, at least 1; nil: the endpoint's own cost, or 1.
    package var cost: Int?
    /// Its class in line; nil: the endpoint's.
    package var priority: Priority?
    /// How long it waits; nil: as long as the endpoint's queue lets it. Never longer than a call may take.
    package var maxWait: TimeSpan?
    /// The keys by the names of the limits that are keyed.
    package var keys: [String: String] = [:]
    /// The tier, for limits that have tiers; nil: their default.
    package var tier: String?

    /// A wish for a permit at an endpoint.
    package init(endpoint: String? = nil) {
        self.endpoint = endpoint
    }
}

/// The permission to call the provider once. What came of it is owed.
package struct PermitGrant: Sendable {
    /// What names it in its report: a secret between its holder and us.
    package let permit: String
    /// How long it stood in line.
    package let waited: TimeSpan
    /// When it ends without a report.
    package let expiresIn: TimeSpan
}

/// Why there is no permit.
package struct PermitRefusal: Error {
    /// The answer to whoever asked.
    package let answer: Answer
    /// The endpoint that was asked for; nil where there is no such endpoint.
    package let endpoint: String?
}

/// What the holder of a permit tells of its attempt.
package struct PermitReport: Sendable {
    /// What came of it.
    package enum Result: Sendable, Equatable {
        /// The provider did its work.
        case success
        /// The provider failed in this way.
        case failure(FailureCode)
        /// Nothing was learned of the provider.
        case ignored
    }

    /// What came of it.
    package let result: Result
    /// The status of the provider's answer; nil where there was none.
    package let status: Int?
    /// Headers of the provider's answer, for what they say of its quota; names in lower case.
    package let headers: [String: String]

    /// A report of `result`.
    package init(_ result: Result, status: Int?, headers: [String: String]) {
        self.result = result
        self.status = status
        self.headers = headers
    }
}
