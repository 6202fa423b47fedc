package import WeirCore
package import WeirRuntime

/// What an upstream was when it was last at work, as far as it was kept over the restart.
package struct UpstreamRecollection: Sendable {
    /// A stop of the provider that is not over.
    package struct Stop: Sendable {
        /// Whom it holds.
        package let scope: HoldScope
        /// When it is over.
        package let until: Instant
        /// Whether it is a ban.
        package let isBan: Bool

        /// A stop of a scope.
        package init(scope: HoldScope, until: Instant, isBan: Bool) {
            self.scope = scope
            self.until = until
            self.isBan = isBan
        }
    }

    /// What has been used of each limit.
    package let limits: [KeptLimit]
    /// The stops.
    package let stops: [Stop]
    /// The circuit that all endpoints share; nil: CLOSED, or none.
    package let circuit: CircuitRecord?
    /// Each endpoint's own circuit, likewise.
    package let endpointCircuits: [CircuitRecord?]

    /// What was kept of an upstream.
    package init(
        limits: [KeptLimit], stops: [Stop], circuit: CircuitRecord?, endpointCircuits: [CircuitRecord?]
    ) {
        self.limits = limits
        self.stops = stops
        self.circuit = circuit
        self.endpointCircuits = endpointCircuits
    }
}

/// Keeps for one upstream what a restart must not forget.
package protocol UpstreamMemory: Sendable {
    /// The secret under which keys were digested, and are.
    var keySeed: KeySeed { get }

    /// What was kept. Asked once, before any call comes.
    func recall(now: Instant) -> UpstreamRecollection

    /// Where the limiter is to write from here on, once it has taken up what was kept; `slot` tells where it counts a key of
    /// a limit.
    func journal(slot: (LimitKey, Int) -> Int?) -> any AdmissionJournal

    /// Where the limiter is to write from here on that has written into `old` (another memory's journal) until now, and is
    /// about to be reconfigured in the same turn of its loop. What was used of a limit that goes on has been taken over, at
    /// the places at which its keys are counted.
    func journal(following old: any AdmissionJournal, now: Instant) -> any AdmissionJournal

    /// Where the circuit of an endpoint, or (nil) the one of all, is to write.
    func circuitJournal(endpoint: Int?) -> CircuitJournal
}
