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
    private let seed: KeySeed
    private let limits: [LimitSettings]

    init?(seed: KeySeed, limits: [LimitSettings]) {
        let keyed = limits.filter(\.isKeyed)
        guard !keyed.isEmpty else { return nil }
        self.seed = seed
        self.limits = keyed
    }

    /// The keys of a call whose parts `value` knows: nil for one that the call does not have.
    ///
    /// - Throws: where a limit whose `keyMissing` is `reject` finds a part missing.
    public func keys(_ value: (KeySource) -> String?) throws(MissingKey) -> CallKeys {
        var keys: [LimitKey?] = []
        keys.reserveCapacity(limits.count)
        for limit in limits {
            var missing: KeySource?
            var parts: [String] = []
            for source in limit.key {
                guard let part = value(source) else {
                    missing = source
                    break
                }
                parts.append(part)
            }
            let tier = limit.tiers.flatMap { value($0.by) }
            keys.append(try key(of: limit, parts: missing == nil ? parts : nil, missing: missing, tier: tier))
        }
        return CallKeys(keys: keys)
    }

    /// The keys of a call that are given by the limits' names, as one text for each, and its tier's name.
    ///
    /// A limit keyed by one part takes the same key for the same text, whichever way it was given.
    ///
    /// - Throws: where a limit whose `keyMissing` is `reject` has no key.
    public func keys(byLimit key: (String) -> String?, tier: String?) throws(MissingKey) -> CallKeys {
        var keys: [LimitKey?] = []
        for limit in limits {
            let parts = limit.key.isEmpty ? [] : key(limit.name).map { [$0] }
            keys.append(try self.key(of: limit, parts: parts, missing: nil, tier: tier))
        }
        return CallKeys(keys: keys)
    }

    private func key(
        of limit: LimitSettings, parts: [String]?, missing: KeySource?, tier: String?
    ) throws(MissingKey) -> LimitKey? {
        let tier = limit.tierIndex(tier)
        guard let parts else {
            switch limit.keyMissing {
            case .skip: return nil
            case .reject: throw MissingKey(limit: limit.name, source: missing)
            case .shared: return limit.key(nil, tier: tier, seed: seed)
            }
        }
        return limit.key(parts, tier: tier, seed: seed)
    }
}

extension LimitSettings {
    /// Whether it counts calls by key or tier rather than all together.
    var isKeyed: Bool { !key.isEmpty || tiers != nil }

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
    func key(_ parts: [String]?, tier: Int, seed: KeySeed) -> LimitKey {
        var hash = SipHash(seed: seed)
        hash.combine(parts == nil ? 0 : 1)
        if let tiers, tiers.tiers.indices.contains(tier) { hash.combine(tiers.tiers[tier].name) }
        for part in parts ?? [] { hash.combine(part) }
        return LimitKey(digest: hash.finish(), tier: tier)
    }
}
