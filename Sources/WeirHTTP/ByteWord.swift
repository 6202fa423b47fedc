/// Eight bytes of a message, the first of them lowest, to be judged at once.
///
/// Tests give a word with the top bit of a byte set where it passes. Of those marked inexact only the lowest hit is
/// to be believed: a carry from it may disturb the bytes above.
struct ByteWord {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let tops: UInt64 = 0x8080_8080_8080_8080

    let bits: UInt64

    /// Bytes below `limit`, which is at most 0x80. Inexact.
    @inline(__always)
    func below(_ limit: UInt8) -> UInt64 {
        (bits &- Self.ones &* UInt64(limit)) & ~bits & Self.tops
    }

    /// Bytes equal to `byte`. Inexact.
    @inline(__always)
    func equal(to byte: UInt8) -> UInt64 {
        let difference = bits ^ Self.ones &* UInt64(byte)
        return (difference &- Self.ones) & ~difference & Self.tops
    }

    /// Bytes beyond ASCII. Exact.
    @inline(__always)
    var beyondASCII: UInt64 { bits & Self.tops }

    /// Bytes that are neither letter, digit nor `-`. Exact, given that none is beyond ASCII.
    @inline(__always)
    var otherThanNameBytes: UInt64 {
        let lower = bits | Self.ones &* 0x20
        // Adding 0x80 - n to a byte below 0x80 sets its top bit where the byte is n or more, and carries nothing.
        let letters = (lower &+ Self.ones &* (0x80 - 0x61)) & ~(lower &+ Self.ones &* (0x80 - 0x7B))
        let digits = (bits &+ Self.ones &* (0x80 - 0x30)) & ~(bits &+ Self.ones &* (0x80 - 0x3A))
        let dashes = ~((bits ^ Self.ones &* UInt64(ASCII.dash)) &+ Self.ones &* 0x7F)
        return ~(letters | digits | dashes) & Self.tops
    }

    /// The place, 0...7, of the lowest hit of a test; 8 where there is none.
    @inline(__always)
    static func first(_ hits: UInt64) -> Int {
        hits.trailingZeroBitCount &>> 3
    }
}
