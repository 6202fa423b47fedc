/// What makes a limit the same one after a restart: its upstream, endpoint, name, kind and key. A digest of fixed length
/// that means the same everywhere, and no secret.
package struct LimitIdentity: Hashable, Sendable {
    /// The digest.
    package let digest: KeyDigest

    /// The identity of a limit of an upstream, or of one endpoint of it.
    package init(upstream: String, endpoint: String?, _ limit: LimitSettings) {
        var hash = SipHash(seed: KeySeed(0, 0))
        hash.combine("limit")
        hash.combine(upstream)
        hash.combine(endpoint == nil ? 0 : 1)
        hash.combine(endpoint ?? "")
        hash.combine(limit.name)
        hash.combine(limit.algorithm.kind)
        hash.combine(UInt8(truncatingIfNeeded: limit.key.count))
        for source in limit.key { hash.combine(source.text) }
        hash.combine(limit.tiers?.by.text ?? "")
        digest = hash.finish()
    }

    /// The identity of an upstream's own stops and circuit, or of those of one endpoint of it.
    package init(upstream: String, endpoint: String?) {
        var hash = SipHash(seed: KeySeed(0, 0))
        hash.combine("scope")
        hash.combine(upstream)
        hash.combine(endpoint == nil ? 0 : 1)
        hash.combine(endpoint ?? "")
        digest = hash.finish()
    }

    /// What stands for the name of a tier.
    package static func tier(_ name: String?) -> UInt64 {
        guard let name else { return 0 }
        var hash = SipHash(seed: KeySeed(0, 0))
        hash.combine("tier")
        hash.combine(name)
        return hash.finish().first
    }
}

extension LimitSettings {
    /// For each tier its name and how its use is to be kept; one without a name where there are no tiers.
    package var memories: [(tier: String?, memory: LimitMemory)] {
        let names = tiers.map { $0.tiers.map { Optional($0.name) } } ?? []
        return zip(names.isEmpty ? [nil] : names, rules()).map { ($0, $1.memory) }
    }
}

extension LimitSettings.Algorithm {
    /// The kind's name, as in the configuration.
    fileprivate var kind: String {
        switch self {
        case .slidingWindow: "sliding_window"
        case .tokenBucket: "token_bucket"
        case .calendarWindow: "calendar_window"
        case .spacing: "spacing"
        case .concurrency: "concurrency"
        }
    }

    /// Whether windows begin and end by the wall clock.
    package var followsWallClock: Bool {
        if case .calendarWindow = self { true } else { false }
    }
}

extension KeySource {
    /// A text for each source. The name of a header is one in any case.
    fileprivate var text: String {
        switch self {
        case .header(let name): "header:" + name.lowercased()
        case .query(let name): "query:" + name
        case .cookie(let name): "cookie:" + name
        case .clientIP: "client_ip"
        case .path(let name): "path:" + name
        }
    }
}
