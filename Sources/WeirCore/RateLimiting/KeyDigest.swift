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
public struct CallKeys: Hashable, Sendable {
    /// The keys of a call to an endpoint without keyed limits. Takes no allocation.
    public static let none = CallKeys(keys: [])

    let keys: [LimitKey?]
}
