package import WeirCore
package import WeirProxy

/// Everything that a configuration file says, validated.
package struct SidecarSettings: Sendable, Equatable {
    /// The admin endpoint.
    package var admin = AdminOptions()
    /// The acquire/report API.
    package var api = APIOptions()
    /// Messages on standard error.
    package var log = LogOptions()
    /// Where spent quota, bans and open circuits are kept over a restart; nil: they are not.
    package var stateFile: String?
    /// How long calls in flight may take to finish once draining has begun; 30 s.
    package var drainTimeout = TimeSpan.seconds(30)
    /// Where a fleet counts together the limits that are shared; nil: no limit is.
    package var shared: SharedOptions?
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
    /// Whether POSTs may change anything; false.
    package var allowChanges = false
    /// Connections at the same time, at most; 256.
    package var maxConnections = 256

    /// The contract's defaults.
    package init() {}
}

/// The acquire/report API.
package struct APIOptions: Sendable, Equatable {
    /// Where it listens; nil: it is off.
    package var listen: ListenAddress?

    /// The contract's defaults: off.
    package init(listen: ListenAddress? = nil) {
        self.listen = listen
    }
}

/// Messages on standard error.
package struct LogOptions: Sendable, Equatable {
    /// How grave a message must be to be written, from the least to the gravest.
    package enum Level: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// The form of a message.
    package enum Format: String, Sendable, CaseIterable {
        /// A line for people.
        case text
        /// A JSON object on a line.
        case json
    }

    /// The least grave messages that are written; `info`.
    package var level = Level.info
    /// The form of a message; `text`.
    package var format = Format.text
    /// Whether each call is logged; false.
    package var access = false

    /// The contract's defaults.
    package init() {}
}

/// How a fleet of sidecars shares limits.
package struct SharedOptions: Sendable, Equatable {
    /// Where the counts are kept.
    package var redis = RedisAddress(transport: .tcp(host: "127.0.0.1", port: 6379))
    /// How many sidecars share, at least 1; 3. While Redis is out of reach each holds itself to its part.
    package var instances = 3
    /// How long a command may take before Redis counts as out of reach; 50 ms.
    package var commandTimeout = TimeSpan.milliseconds(50)
    /// What the name of every key in Redis begins with; `weir:`.
    package var keyPrefix = "weir:"

    /// The contract's defaults.
    package init() {}
}
