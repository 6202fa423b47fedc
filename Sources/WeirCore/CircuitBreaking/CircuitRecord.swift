/// What is kept of a circuit that is not CLOSED, so that it is not closed after a restart either.
package struct CircuitRecord: Hashable, Sendable {
    /// When it opened.
    package let since: Instant
    /// Until when it stays OPEN at least.
    package let until: Instant
    /// Failed probes in a row so far, by which the cooldown has grown.
    package let failedProbes: Int

    /// A circuit that opened at `since`.
    package init(since: Instant, until: Instant, failedProbes: Int) {
        self.since = since
        self.until = until
        self.failedProbes = failedProbes
    }
}
