package import WeirCore

/// One provider: where callers reach it, where it is, and every policy that holds for it.
package struct UpstreamSettings: Sendable, Equatable {
    /// Whether one circuit serves each endpoint or all of them.
    package enum BreakerScope: Sendable, Equatable {
        /// One circuit per endpoint; the default.
        case endpoint
        /// One circuit for the whole upstream; its `endpoint` label is empty.
        case upstream
    }

    /// Whether its policies act.
    package enum Mode: String, Sendable, CaseIterable {
        /// They do; the default.
        case enforce
        /// They decide and are counted, and nothing is delayed, refused or retried.
        case shadow
        /// They are not asked.
        case off
    }

    /// `[a-z0-9_-]{1,64}`: the `upstream` label.
    package var name: String
    /// Where its callers connect; upstreams may share an address.
    package var listen: ListenAddress
    /// Authorities it serves on a shared listener, lower case, without port; none: it serves the rest.
    package var hosts: [String] = []
    /// Where the provider is.
    package var url: UpstreamURL
    /// Extra trust roots (PEM), beside the system's.
    package var caFile: String?
    /// Send the caller's `Host` instead of the upstream's authority.
    package var preserveHost = false
    /// Set on every attempt; the values are secrets.
    package var requestHeaders: [HeaderSetting] = []
    /// Whose `X-Forwarded-For` is believed when the caller's address is asked for; none by default.
    package var trustedProxies: [AddressBlock] = []
    /// Whether `Weir-*` request headers are honoured; ignored (and dropped) otherwise.
    package var honoursCallerHeaders = true
    /// Whether `Via` is added both ways; false by default.
    package var via = false
    /// The provider preset that its settings began with, for people; nil: none.
    package var preset: String?
    /// Whether its policies act; `enforce` by default.
    package var mode = Mode.enforce
    /// Limits shared by all calls of the upstream.
    package var limits: [LimitSettings] = []
    /// The one line of this upstream.
    package var line = LineSettings()
    /// When a signed call is worth nothing any more; nil: never.
    package var expires: ExpirySettings?
    /// Whose failures a circuit counts.
    package var breakerScope = BreakerScope.endpoint
    /// The upstream's own circuit with `breakerScope` `.upstream`; nil: off.
    package var circuit: CircuitSettings? = CircuitSettings()
    /// What endpoints take over where they say nothing of their own, and the one budget of the upstream.
    package var retry = RetrySettings()
    /// What is made of the provider's own signals.
    package var feedback = FeedbackSettings()
    /// How long each step may take.
    package var timeouts = Timeouts()
    /// Connections to the provider.
    package var pool = PoolSettings()
    /// The endpoints in the order in which they match; the last is `other`, which matches everything.
    package var endpoints: [EndpointSettings]

    /// An upstream with the contract's defaults.
    package init(name: String, listen: ListenAddress, url: UpstreamURL, endpoints: [EndpointSettings]) {
        self.name = name
        self.listen = listen
        self.url = url
        self.endpoints = endpoints
    }
}

/// A header that Weir sets on every attempt.
package struct HeaderSetting: Sendable, Equatable {
    /// A field name (token).
    package var name: String
    /// A field value; a secret.
    package var value: String

    /// A header `name: value`.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// How long each step of a call may take.
package struct Timeouts: Sendable, Equatable {
    /// TCP and TLS; 10 s.
    package var connect = TimeSpan.seconds(10)
    /// From sending the head to the response head; 20 s.
    package var response = TimeSpan.seconds(20)
    /// From the caller's head to the response head, line and retries included; 30 s.
    package var request = TimeSpan.seconds(30)
    /// No byte of a body either way; 20 s.
    package var idle = TimeSpan.seconds(20)

    /// The contract's defaults.
    package init() {}
}

/// Connections to the provider.
package struct PoolSettings: Sendable, Equatable {
    /// Open connections at most; 100.
    package var maxConnections = 100
    /// An idle connection is closed after this; 60 s.
    package var idleTimeout = TimeSpan.seconds(60)
    /// How long an address that DNS gave is used for new connections; 300 s.
    package var dnsTTL = TimeSpan.seconds(300)

    /// The contract's defaults.
    package init() {}
}
