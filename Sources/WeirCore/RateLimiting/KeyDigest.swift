/// What stands for a key: 128 bits of a keyed hash, so that no secret is kept and every key costs the same.
public struct KeyDigest: Hashable, Sendable {
    let first: UInt64
    let second: UInt64
}

/// The secret under which keys are digested: random, one for each limiter, so that nobody outside can choose two keys
/// with one digest.
public struct KeySeed: Hashable, Sendable {
    let first: UInt64
    let second: UInt64

    /// A seed of two random numbers.
    public init(_ first: UInt64, _ second: UInt64) {
        self.first = first
        self.second = second
    }
}

/// What a call uses of one keyed limit: its key's digest, and its tier's place.
public struct LimitKey: Hashable, Sendable {
    let digest: KeyDigest
    let tier: Int
}

/// A call's keys, one for each keyed limit of its endpoint in the limits' order; nil where that limit does not apply.
///
/// None or one, which is what nearly every call has, takes no allocation.
public struct CallKeys: Hashable, Sendable {
    private enum Content: Hashable {
        case none
        case one(LimitKey?)
        case several([LimitKey?])
    }

    /// The keys of a call to an endpoint without keyed limits.
    public static var none: CallKeys { CallKeys(content: .none) }

    private let content: Content

    private init(content: Content) {
        self.content = content
    }

    init(_ only: LimitKey?) {
        content = .one(only)
    }

    init(_ keys: [LimitKey?]) {
        switch keys.count {
        case 0: content = .none
        case 1: content = .one(keys[0])
        default: content = .several(keys)
        }
    }

    /// For how many limits.
    var count: Int {
        switch content {
        case .none: 0
        case .one: 1
        case .several(let keys): keys.count
        }
    }

    /// The key for one of them; nil where it does not apply, or there is none.
    subscript(_ position: Int) -> LimitKey? {
        switch content {
        case .none: nil
        case .one(let key): position == 0 ? key : nil
        case .several(let keys): keys.indices.contains(position) ? keys[position] : nil
        }
    }
}
