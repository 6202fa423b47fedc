package import WeirCore

/// What one provider's policies show of themselves at one moment.
package struct UpstreamSnapshot: Sendable {
    /// One endpoint's part.
    package struct Endpoint: Sendable {
        /// What is configured, and acts.
        package let settings: EndpointSettings
        /// Its own circuit; nil where it is off or shared.
        package let circuit: CircuitSnapshot?
        /// Its own limits.
        package let limits: [LimitSnapshot]
        /// What the provider last said of its quota; nil where the upstream has one for all.
        package let provider: ProviderView?
        /// The provider's stop for it alone.
        package let frozen: HoldSnapshot?
        /// Attempts under way.
        package let inFlight: Int
    }

    /// When it was taken, on the loop's clock.
    package let takenAt: Instant
    /// The wall clock (since 1970) less the loop's.
    package let wallOffset: TimeSpan
    /// The circuit that all endpoints share; nil where each has its own.
    package let circuit: CircuitSnapshot?
    /// The limits that all endpoints share.
    package let limits: [LimitSnapshot]
    /// What the provider last said of the quota of all endpoints; nil where each has its own.
    package let provider: ProviderView?
    /// The line, and the provider's stops.
    package let line: AdmissionSnapshot
    /// How many retries the budget has room for; nil where nothing is retried.
    package let retryBudget: Int?
    /// Permits given and not yet reported.
    package let permits: Int
    /// Connections to the provider.
    package let connections: (active: Int, idle: Int)
    /// Whether the fleet decides of the limits that it shares; nil where none is shared.
    package var isWithFleet: Bool? {
        (limits + endpoints.flatMap(\.limits)).lazy.compactMap(\.isWithFleet).first
    }
    /// Every endpoint, `other` last.
    package let endpoints: [Endpoint]
}
