/// A host with an optional port, as `Host`, an absolute-form target or `CONNECT` give it.
///
/// Narrower than RFC 3986 on purpose: a registered name is letters, digits, `-`, `.`, `_` and `~` (no
/// percent-encoding, no sub-delimiters); an IP literal is bracketed IPv6 without a zone; a port is 1...65535.
/// User information is refused, and so is an empty host.
struct Authority {
    let host: Range<Int>
    let port: Int?

    init?(_ bytes: Span<UInt8>, in range: Range<Int>) {
        var place = range.lowerBound
        guard place < range.upperBound else { return nil }
        if bytes[place] == ASCII.openBracket {
            place &+= 1
            let inner = place
            while place < range.upperBound, Self.isAddressByte(bytes[place]) { place &+= 1 }
            guard place < range.upperBound, bytes[place] == ASCII.closeBracket, place &- inner >= 2 else { return nil }
            place &+= 1
        } else {
            while place < range.upperBound, Self.isNameByte(bytes[place]) { place &+= 1 }
            guard place > range.lowerBound else { return nil }
        }
        host = range.lowerBound..<place
        guard place < range.upperBound else {
            port = nil
            return
        }
        let digits = place &+ 1..<range.upperBound
        guard bytes[place] == ASCII.colon, (1...5).contains(digits.count) else { return nil }
        var number = 0
        for digit in digits {
            guard ASCII.isDigit(bytes[digit]) else { return nil }
            number = number &* 10 &+ Int(bytes[digit] &- ASCII.zero)
        }
        guard (1...65535).contains(number) else { return nil }
        port = number
    }

    /// Whether both name the same place, letter case aside, a missing port being `defaultPort`.
    func agrees(with other: Authority, defaultPort: Int, in bytes: Span<UInt8>) -> Bool {
        (port ?? defaultPort) == (other.port ?? defaultPort) && bytes.equalIgnoringCase(host, other.host)
    }

    /// Letters, digits, `-`, `.`, `_` and `~` as a table of bits: 0...63, then 64...127.
    private static let nameBits: (low: UInt64, high: UInt64) = (0x3FF_6000_0000_0000, 0x47FF_FFFE_87FF_FFFE)

    @inline(__always)
    private static func isNameByte(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? nameBits.low : nameBits.high
        return byte < 128 && (bits &>> UInt64(byte & 63)) & 1 != 0
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        ASCII.hexValue(byte) != nil || byte == ASCII.colon || byte == ASCII.dot
    }
}
