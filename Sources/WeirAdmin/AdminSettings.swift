/// Where the admin endpoint listens.
package enum AdminAddress: Sendable, Equatable {
    /// An IP literal or a host name, and a port; port 0 takes a free one.
    case tcp(host: String, port: Int)
    /// A socket file. One that was left behind, with nobody listening on it, is replaced.
    case unix(path: String)
}

/// How the admin endpoint listens and whom it answers.
package struct AdminSettings: Sendable, Equatable {
    /// Where it listens. Loopback unless configured otherwise, which is for the configuration to see to.
    package var listen: AdminAddress
    /// The most connections at once, at least 1. Of these a sixteenth is kept from any single address: scrapers on
    /// loopback share one and must not be held to a few, but none shall lock all others out. Whoever comes beyond
    /// either takes the place of the connection that has got nowhere for longest.
    package var maxConnections: Int
    /// Names accepted in `Host` beside `localhost` and IP literals, without a port; case does not matter.
    package var allowHosts: [String]
    /// Whether a POST may change anything.
    package var allowChanges: Bool

    /// Settings with the defaults of the configuration.
    package init(
        listen: AdminAddress, maxConnections: Int = 256, allowHosts: [String] = [], allowChanges: Bool = false
    ) {
        self.listen = listen
        self.maxConnections = max(1, maxConnections)
        self.allowHosts = allowHosts
        self.allowChanges = allowChanges
    }

    /// The most connections of one address.
    var maxConnectionsPerAddress: Int {
        max(1, maxConnections - maxConnections / 16)
    }

    /// The most readers of the event stream: a quarter, so that they never lock out scrapes and probes.
    var maxStreams: Int {
        max(1, maxConnections / 4)
    }
}

/// The deadlines of the admin endpoint. They are no settings of a user's; tests shorten them.
struct AdminTimeouts: Sendable {
    /// A connection on which no byte moves for so long is closed; whole seconds.
    var inactivity: Duration = .seconds(10)
    /// The head and body of a request must have come so long after the connection was opened, or its last answer sent.
    /// Longer than `inactivity`, so that only who sends byte by byte meets it.
    var request: Duration = .seconds(20)
    /// What an answer tells must have been gathered within this, or the answer is 503.
    var gather: Duration = .seconds(10)
    /// An answer must have been taken so long after its request, the event stream apart.
    var answer: Duration = .seconds(60)
    /// The event stream sends a comment when there was nothing to tell for so long.
    var quiet: Duration = .seconds(15)
    /// How often the deadlines are looked at while there are connections.
    var tick: Duration = .seconds(1)
}
