/// A call lacks the key of a limit that does not admit it without.
public struct MissingKey: Error, Hashable, Sendable {
    /// The limit's name.
    public let limit: String
    /// The part that is missing; nil where the key was to be given by the limit's name.
    public let source: KeySource?

    /// The key of `limit` lacks `source`.
    public init(limit: String, source: KeySource?) {
        self.limit = limit
        self.source = source
    }
}

/// How the keys of a call are made for one endpoint's keyed limits. Resolved once, at configuration.
///
/// Tiers are a part of the key: a limit with tiers is a keyed one even where it names no key.
public struct Keying: Sendable {
    /// A class, since to copy settings costs more than a digest.
    private final class Limit: Sendable {
        let settings: LimitSettings
        /// What stands for each tier's name.
        let tierNames: [KeyDigest]
        /// For each tier, what its keys' parts are fed into.
        let hashes: [SipHash]

        init(_ settings: LimitSettings, seed: KeySeed) {
            self.settings = settings
            tierNames = (settings.tiers?.tiers ?? []).map { tier in
                var hash = SipHash(seed: seed)
                hash.combine(tier.name)
                return hash.finish()
            }
            hashes = settings.algorithms.indices.map { settings.keyHash(isKeyless: false, tier: $0, seed: seed) }
        }
    }

    private let seed: KeySeed
    private let limits: [Limit]

    init?(seed: KeySeed, limits: [LimitSettings]) {
        let keyed = limits.filter(\.isKeyed)
        guard !keyed.isEmpty else { return nil }
        self.seed = seed
        self.limits = keyed.map { Limit($0, seed: seed) }
    }

    /// The keys of a call whose parts `value` knows: nil for one that the call does not have.
    ///
    /// - Throws: where a limit whose `keyMissing` is `reject` finds a part missing.
    public func keys(_ value: (KeySource) -> String?) throws(MissingKey) -> CallKeys {
        try keys { source, hash in
            value(source).map { hash.combine($0) } ?? false
        }
    }

    /// The keys of a call whose parts `feed` feeds, each as one text or its bytes, which takes no copy of them; it returns
    /// false, and feeds nothing, for one that the call does not have.
    ///
    /// - Throws: where a limit whose `keyMissing` is `reject` finds a part missing.
    public func keys(_ feed: (KeySource, inout SipHash) -> Bool) throws(MissingKey) -> CallKeys {
        if limits.count == 1 { return CallKeys(try key(of: limits[0], feed)) }
        var keys: [LimitKey?] = []
        keys.reserveCapacity(limits.count)
        for limit in limits { keys.append(try key(of: limit, feed)) }
        return CallKeys(keys)
    }

    /// The keys of a call that are given by the limits' names, as one text for each, and its tier's name.
    ///
    /// A limit keyed by one part takes the same key for the same text, whichever way it was given.
    ///
    /// - Throws: where a limit whose `keyMissing` is `reject` has no key.
    public func keys(byLimit key: (String) -> String?, tier: String?) throws(MissingKey) -> CallKeys {
        var keys: [LimitKey?] = []
        for limit in limits.map(\.settings) {
            let parts = limit.key.isEmpty ? [] : key(limit.name).map { [$0] }
            let tier = limit.tierIndex(tier)
            if let parts {
                keys.append(limit.key(parts, tier: tier, seed: seed))
            } else {
                keys.append(try keyless(limit, missing: nil, tier: tier))
            }
        }
        return CallKeys(keys)
    }

    private func key(of limit: Limit, _ feed: (KeySource, inout SipHash) -> Bool) throws(MissingKey) -> LimitKey? {
        let tier = tier(of: limit, feed)
        var hash = limit.hashes[tier]
        for source in limit.settings.key where !feed(source, &hash) {
            return try keyless(limit.settings, missing: source, tier: tier)
        }
        return LimitKey(digest: hash.finish(), tier: tier)
    }

    private func tier(of limit: Limit, _ feed: (KeySource, inout SipHash) -> Bool) -> Int {
        guard let by = limit.settings.tiers?.by else { return 0 }
        var hash = SipHash(seed: seed)
        let isTold = feed(by, &hash)
        let name = hash.finish()
        return (isTold ? limit.tierNames.firstIndex(of: name) : nil) ?? limit.settings.tierIndex(nil)
    }

    private func keyless(_ limit: LimitSettings, missing: KeySource?, tier: Int) throws(MissingKey) -> LimitKey? {
        switch limit.keyMissing {
        case .skip: nil
        case .reject: throw MissingKey(limit: limit.name, source: missing)
        case .shared: limit.key(nil, tier: tier, seed: seed)
        }
    }
}

extension LimitSettings {
    /// Whether it counts calls by key or tier rather than all together.
    package var isKeyed: Bool { !key.isEmpty || tiers != nil }

    /// The rules of each tier, or of the one that there is.
    var algorithms: [Algorithm] {
        guard let tiers, !tiers.tiers.isEmpty else { return [algorithm] }
        return tiers.tiers.map(\.algorithm)
    }

    /// The place of the tier called `name`, else of the default one.
    func tierIndex(_ name: String?) -> Int {
        guard let tiers else { return 0 }
        return tiers.tiers.firstIndex { $0.name == name }
            ?? tiers.tiers.firstIndex { $0.name == tiers.defaultTier } ?? 0
    }

    /// The key of those `parts`; nil: the one of all calls without a key.
    package func key(_ parts: [String]?, tier: Int, seed: KeySeed) -> LimitKey {
        var hash = keyHash(isKeyless: parts == nil, tier: tier, seed: seed)
        for part in parts ?? [] { hash.combine(part) }
        return LimitKey(digest: hash.finish(), tier: tier)
    }

    /// What the parts of a key in a tier are fed into.
    func keyHash(isKeyless: Bool, tier: Int, seed: KeySeed) -> SipHash {
        var hash = SipHash(seed: seed)
        hash.combine(isKeyless ? 0 : 1)
        if let tiers, tiers.tiers.indices.contains(tier) { hash.combine(tiers.tiers[tier].name) }
        return hash
    }
}
