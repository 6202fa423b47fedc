package import WeirCore
package import WeirProxy

/// Everything that a configuration file says, validated.
package struct SidecarSettings: Sendable, Equatable {
    /// The admin endpoint.
    package var admin = AdminOptions()
    /// Messages on standard error.
    package var log = LogOptions()
    /// How long calls in flight may take to finish once draining has begun; 30 s.
    package var drainTimeout = TimeSpan.seconds(30)
    /// The providers, in the order of the file; at least one in settings that were loaded.
    package var upstreams: [UpstreamSettings]

    /// Settings with the contract's defaults around `upstreams`.
    package init(upstreams: [UpstreamSettings]) {
        self.upstreams = upstreams
    }
}

/// The admin endpoint: where it listens and whom it answers.
package struct AdminOptions: Sendable, Equatable {
    /// 127.0.0.1:9464.
    package var listen = ListenAddress.tcp(host: "127.0.0.1", port: 9464)
    /// Host names accepted beside `localhost` and IP literals, lower case, without port; none.
    package var allowHosts: [String] = []
    /// Connections at the same time, at most; 256.
    package var maxConnections = 256

    /// The contract's defaults.
    package init() {}
}

/// Messages on standard error.
package struct LogOptions: Sendable, Equatable {
    /// How grave a message must be to be written, from the least to the gravest.
    package enum Level: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// The least grave messages that are written; `info`.
    package var level = Level.info

    /// The contract's defaults.
    package init() {}
}
