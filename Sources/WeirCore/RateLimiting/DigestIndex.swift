/// Finds the slot of a digest: an open-addressed table of 8 bytes a place, kept at most three quarters full.
///
/// A place holds the slot and 32 bits of the digest, so a search visits the slot itself only where those agree, and growing
/// visits none. Removal shifts back what follows, so no searches grow longer with time.
struct DigestIndex: Sendable {
    private var places: ContiguousArray<UInt64> = []
    private var mask = 0
    private(set) var count = 0

    /// The slot of `digest` that `isMatch` confirms; nil where there is none.
    func find(_ digest: KeyDigest, _ isMatch: (Int) -> Bool) -> Int? {
        guard count > 0 else { return nil }
        let tag = Self.tag(digest)
        var place = Int(tag) & mask
        while true {
            let content = places[place]
            if content == 0 { return nil }
            if UInt32(truncatingIfNeeded: content >> 32) == tag, isMatch(Self.slot(content)) {
                return Self.slot(content)
            }
            place = (place &+ 1) & mask
        }
    }

    /// Enters a slot under a digest that is not in yet.
    mutating func insert(_ digest: KeyDigest, slot: Int) {
        if (count + 1) * 4 > places.count * 3 { grow() }
        put(UInt64(Self.tag(digest)) << 32 | UInt64(UInt32(truncatingIfNeeded: slot + 1)))
        count += 1
    }

    /// Takes out the slot that is entered under `digest`.
    mutating func remove(_ digest: KeyDigest, slot: Int) {
        guard count > 0 else { return }
        let content = UInt64(Self.tag(digest)) << 32 | UInt64(UInt32(truncatingIfNeeded: slot + 1))
        var hole = Int(Self.tag(digest)) & mask
        while places[hole] != content {
            if places[hole] == 0 { return }
            hole = (hole &+ 1) & mask
        }
        var place = hole
        while true {
            place = (place &+ 1) & mask
            let next = places[place]
            if next == 0 { break }
            let home = Int(next >> 32) & mask
            // It may move into the hole unless its home lies after the hole.
            if (place &- home) & mask >= (place &- hole) & mask {
                places[hole] = next
                hole = place
            }
        }
        places[hole] = 0
        count -= 1
    }

    private mutating func grow() {
        let old = places
        let size = max(16, old.count * 2)
        places = ContiguousArray(repeating: 0, count: size)
        mask = size - 1
        for content in old where content != 0 { put(content) }
    }

    private mutating func put(_ content: UInt64) {
        var place = Int(content >> 32) & mask
        while places[place] != 0 { place = (place &+ 1) & mask }
        places[place] = content
    }

    private static func tag(_ digest: KeyDigest) -> UInt32 {
        UInt32(truncatingIfNeeded: digest.first)
    }

    private static func slot(_ content: UInt64) -> Int {
        Int(UInt32(truncatingIfNeeded: content)) - 1
    }
}
