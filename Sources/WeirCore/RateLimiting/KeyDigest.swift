/// What stands for a key: 128 bits of a keyed hash, so that no secret is kept and every key costs the same.
public struct KeyDigest: Hashable, Sendable {
    /// The first half.
    package let first: UInt64
    /// The second half.
    package let second: UInt64

    /// The digest of these halves.
    package init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }
}

/// The secret under which keys are digested: random, known to nobody outside, so that none can choose two keys with
/// one digest.
public struct KeySeed: Hashable, Sendable {
    /// The first half.
    package let first: UInt64
    /// The second half.
    package let second: UInt64

    /// A seed of two random numbers.
    public init(_ first: UInt64, _ second: UInt64) {
        self.first = first
        self.second = second
    }
}

/// What a call uses of one keyed limit: its key's digest, and its tier's place.
public struct LimitKey: Hashable, Sendable {
    /// What stands for the key.
    package let digest: KeyDigest
    /// The place of its tier; 0 where there is none.
    package let tier: Int

    /// The key of that digest in a tier.
    package init(digest: KeyDigest, tier: Int) {
        self.digest = digest
        self.tier = tier
    }
}

/// A call's keys, one for each keyed limit of its endpoint in the limits' order; nil where that limit does not apply.
///
/// None or one, which is what nearly every call has, takes no allocation.
public struct CallKeys: Hashable, Sendable {
    /// The keys of a call to an endpoint without keyed limits.
    public static var none: CallKeys { CallKeys(only: nil, several: nil, count: 0) }

    private let only: LimitKey?
    private let several: [LimitKey?]?
    /// For how many limits.
    let count: Int

    private init(only: LimitKey?, several: [LimitKey?]?, count: Int) {
        self.only = only
        self.several = several
        self.count = count
    }

    init(_ only: LimitKey?) {
        self.init(only: only, several: nil, count: 1)
    }

    init(_ keys: [LimitKey?]) {
        switch keys.count {
        case 0: self = .none
        case 1: self.init(keys[0])
        default: self.init(only: nil, several: keys, count: keys.count)
        }
    }

    /// The key for one of them; nil where it does not apply, or there is none.
    subscript(_ position: Int) -> LimitKey? {
        guard let several else { return position == 0 ? only : nil }
        return several.indices.contains(position) ? several[position] : nil
    }
}
