/// A version of HTTP that Weir speaks. Any other is refused while parsing.
package enum HTTPVersion: Sendable, Equatable {
    case http10, http11

    /// The version whose digit after `HTTP/1.` is `digit`; nil for any other.
    init?(minorDigit digit: UInt8) {
        switch digit {
        case ASCII.zero: self = .http10
        case ASCII.zero &+ 1: self = .http11
        default: return nil
        }
    }

    /// The version that eight bytes spell, in upper case; nil for any other.
    @inline(__always)
    init?(_ word: ByteWord) {
        switch word.bits {
        case 0x302E_312F_5054_5448: self = .http10
        case 0x312E_312F_5054_5448: self = .http11
        default: return nil
        }
    }

    /// Whether `byte` stands at `offset`, 0...6, of `HTTP/1.`, in upper case.
    @inline(__always)
    static func isPrefix(_ byte: UInt8, at offset: Int) -> Bool {
        let prefix: StaticString = "HTTP/1."
        guard offset >= 0, offset < prefix.utf8CodeUnitCount else { return false }
        return unsafe byte == prefix.utf8Start[offset]
    }
}

extension HTTPDefect {
    static let unknownVersion = HTTPDefect.malformed("the version is neither HTTP/1.0 nor HTTP/1.1")
}
