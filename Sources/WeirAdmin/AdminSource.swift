/// Whether calls can be served.
package enum Readiness: Sendable, Equatable {
    /// They can.
    case ready
    /// They cannot, since it is draining or not listening yet.
    case notReady(reason: String)
}

/// What the admin endpoint tells about. The composition root supplies it.
package protocol AdminSource: Sendable {
    /// Asked on the admin thread for every request: answers at once and never waits.
    var readiness: Readiness { get }

    /// All metrics of now, in the text format 0.0.4.
    func metrics() async -> [UInt8]

    /// The state of now as JSON: of all upstreams, or of the one of that name. `nil` if there is none of that name.
    func status(upstream: String?) async -> [UInt8]?
}
