/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, and its reference
/// implementation for the long output), which the parts of a key are fed into.
public struct SipHash: Sendable {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var tail: UInt64 = 0
    private var length: UInt64 = 0

    /// Nothing fed yet. `seed` is the key: who does not know it cannot make two inputs collide.
    init(seed: KeySeed) {
        v0 = seed.first ^ 0x736f_6d65_7073_6575
        v1 = seed.second ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = seed.first ^ 0x6c79_6765_6e65_7261
        v3 = seed.second ^ 0x7465_6462_7974_6573
    }

    /// Feeds one byte.
    @inline(__always)
    mutating func combine(_ byte: UInt8) {
        tail |= UInt64(byte) << ((length & 7) &* 8)
        length &+= 1
        if length & 7 == 0 {
            absorb(tail)
            tail = 0
        }
    }

    /// Feeds a text as its UTF-8 bytes, and their number. True, for `Keying.keys`.
    @discardableResult
    public mutating func combine(_ text: String) -> Bool {
        for byte in text.utf8 { combine(byte) }
        combine(word: UInt64(text.utf8.count))
        return true
    }

    /// Feeds bytes and their number, so that no two lists of parts feed the same. True, for `Keying.keys`.
    @discardableResult
    public mutating func combine(_ bytes: Span<UInt8>) -> Bool {
        var place = 0
        while bytes.count - place >= 8 {
            var word: UInt64 = 0
            for shift in 0..<8 { word |= UInt64(bytes[place &+ shift]) &<< UInt64(shift &* 8) }
            combine(word: word)
            place &+= 8
        }
        while place < bytes.count {
            combine(bytes[place])
            place &+= 1
        }
        combine(word: UInt64(bytes.count))
        return true
    }

    /// The digest of what was fed.
    consuming func finish() -> KeyDigest {
        absorb(length << 56 | tail)
        v2 ^= 0xee
        rounds(4)
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        rounds(4)
        return KeyDigest(first: first, second: v0 ^ v1 ^ v2 ^ v3)
    }

    /// Feeds eight bytes, the lowest first.
    @inline(__always)
    private mutating func combine(word: UInt64) {
        let shift = (length & 7) &* 8
        absorb(tail | word &<< shift)
        tail = shift == 0 ? 0 : word &>> (64 &- shift)
        length &+= 8
    }

    @inline(__always)
    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        rounds(2)
        v0 ^= word
    }

    @inline(__always)
    private mutating func rounds(_ count: Int) {
        for _ in 0..<count {
            v0 &+= v1
            v1 = Self.rotate(v1, 13) ^ v0
            v0 = Self.rotate(v0, 32)
            v2 &+= v3
            v3 = Self.rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.rotate(v1, 17) ^ v2
            v2 = Self.rotate(v2, 32)
        }
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
        word &<< bits | word &>> (64 &- bits)
    }
}
