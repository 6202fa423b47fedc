/// Whether calls can be served.
package enum Readiness: Sendable, Equatable {
    /// They can.
    case ready
    /// They cannot, since it is draining or not listening yet.
    case notReady(reason: String)
}

/// What the admin endpoint tells about, and what changes it. The composition root supplies it.
///
/// Each document is gathered at most once at a time: whoever asks while it is being gathered shares the next one.
package protocol AdminSource: Sendable {
    /// Asked on the admin thread for every request: answers at once and never waits.
    var readiness: Readiness { get }

    /// The metrics of now.
    func metrics(_ query: MetricsQuery) async -> [UInt8]

    /// The state of now as JSON: of all upstreams, or of the one of that name. `nil` if there is none of that name.
    func status(upstream: String?) async -> [UInt8]?

    /// The health of now as application/health+json.
    func health() async -> [UInt8]

    /// The effective configuration as YAML, secrets redacted.
    func configuration() async -> [UInt8]

    /// The status page with the state of now.
    func page() async -> AdminPage

    /// Makes a change that is allowed. It runs to its end even if nobody waits for the answer any more.
    func change(_ change: AdminChange) async -> ChangeAnswer
}
