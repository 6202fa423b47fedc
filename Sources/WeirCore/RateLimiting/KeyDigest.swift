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
    private let tierPlace: UInt16

    /// The key of that digest in a tier, of which there are at most 65,536.
    package init(digest: KeyDigest, tier: Int) {
        self.digest = digest
        tierPlace = UInt16(clamping: tier)
    }

    /// The place of its tier; 0 where there is none.
    package var tier: Int { Int(tierPlace) }
}

/// A call's keys, one for each keyed limit of its endpoint in the limits' order; nil where that limit does not apply.
///
/// None or one, which is what nearly every call has, takes no allocation. Small, since it is copied with each demand and
/// each admission.
public struct CallKeys: Hashable, Sendable {
    private enum Content: Hashable {
        case none
        case one(LimitKey)
        /// The only limit does not apply.
        case notApplying
        case several([LimitKey?])
    }

    /// The keys of a call to an endpoint without keyed limits.
    public static var none: CallKeys { CallKeys(Content.none, count: 0) }

    private let content: Content
    private let limits: UInt32

    private init(_ content: Content, count: Int) {
        self.content = content
        limits = UInt32(clamping: count)
    }

    init(_ only: LimitKey?) {
        self.init(only.map { .one($0) } ?? .notApplying, count: 1)
    }

    init(_ keys: [LimitKey?]) {
        switch keys.count {
        case 0: self = .none
        case 1: self.init(keys[0])
        default: self.init(.several(keys), count: keys.count)
        }
    }

    /// For how many limits.
    var count: Int { Int(limits) }

    /// The key for one of them; nil where it does not apply, or there is none.
    subscript(_ position: Int) -> LimitKey? {
        switch content {
        case .none, .notApplying: nil
        case .one(let key): position == 0 ? key : nil
        case .several(let keys): keys.indices.contains(position) ? keys[position] : nil
        }
    }
}
