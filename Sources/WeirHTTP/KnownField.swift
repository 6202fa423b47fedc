/// Fields whose meaning the proxy needs, recognised (letter case aside) while a head is parsed.
package enum KnownField: UInt8, Sendable, CaseIterable {
    /// Any field not named here.
    case other
    case host, connection, contentLength, transferEncoding
    case keepAlive, proxyConnection, proxyAuthenticate, proxyAuthorization, te, trailer, upgrade
    case expect, via, idempotencyKey, retryAfter, contentType, xForwardedFor, cookie
    /// `Content_Length` or `Transfer_Encoding`: who reads a head as CGI does takes them for the real ones.
    case framingLookalike
    case weirPriority, weirMaxWait, weirCost, weirEndpoint, weirKey
    /// Any other `Weir-*` field.
    case weirOther

    /// The field of this name, which is a token.
    init(_ bytes: Span<UInt8>, in range: Range<Int>) {
        let start = range.lowerBound
        let length = range.count
        self = .other
        if length >= 5, bytes[start] | 0x20 == ASCII.lowercaseW, bytes.matches("weir-", at: start) {
            self = Self.weir(bytes, at: start, length: length)
            return
        }
        switch length {
        case 2 where bytes.matches("te", at: start): self = .te
        case 3 where bytes.matches("via", at: start): self = .via
        case 4 where bytes.matches("host", at: start): self = .host
        case 6 where bytes.matches("expect", at: start): self = .expect
        case 6 where bytes.matches("cookie", at: start): self = .cookie
        case 7 where bytes.matches("trailer", at: start): self = .trailer
        case 7 where bytes.matches("upgrade", at: start): self = .upgrade
        case 10 where bytes.matches("connection", at: start): self = .connection
        case 10 where bytes.matches("keep-alive", at: start): self = .keepAlive
        case 11 where bytes.matches("retry-after", at: start): self = .retryAfter
        case 12 where bytes.matches("content-type", at: start): self = .contentType
        case 14 where bytes.matches("content-length", at: start): self = .contentLength
        // Lowered like a letter, `_` comes out as DEL, which no token holds.
        case 14 where bytes.matches("content\u{7F}length", at: start): self = .framingLookalike
        case 15 where bytes.matches("idempotency-key", at: start): self = .idempotencyKey
        case 15 where bytes.matches("x-forwarded-for", at: start): self = .xForwardedFor
        case 16 where bytes.matches("proxy-connection", at: start): self = .proxyConnection
        case 17 where bytes.matches("transfer-encoding", at: start): self = .transferEncoding
        case 17 where bytes.matches("transfer\u{7F}encoding", at: start): self = .framingLookalike
        case 18 where bytes.matches("proxy-authenticate", at: start): self = .proxyAuthenticate
        case 19 where bytes.matches("proxy-authorization", at: start): self = .proxyAuthorization
        default: break
        }
    }

    private static func weir(_ bytes: Span<UInt8>, at start: Int, length: Int) -> KnownField {
        switch length {
        case 8 where bytes.matches("weir-key", at: start): .weirKey
        case 9 where bytes.matches("weir-cost", at: start): .weirCost
        case 13 where bytes.matches("weir-priority", at: start): .weirPriority
        case 13 where bytes.matches("weir-max-wait", at: start): .weirMaxWait
        case 13 where bytes.matches("weir-endpoint", at: start): .weirEndpoint
        default: .weirOther
        }
    }
}

/// A set of known fields.
struct KnownFieldSet: Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt64 = 0

    init(arrayLiteral elements: KnownField...) {
        for element in elements { insert(element) }
    }

    @inline(__always)
    mutating func insert(_ field: KnownField) {
        bits |= 1 &<< UInt64(field.rawValue)
    }

    @inline(__always)
    func contains(_ field: KnownField) -> Bool {
        (bits &>> UInt64(field.rawValue)) & 1 != 0
    }

    func union(_ other: KnownFieldSet) -> KnownFieldSet {
        var both = self
        both.bits |= other.bits
        return both
    }

    func subtracting(_ other: KnownFieldSet) -> KnownFieldSet {
        var rest = self
        rest.bits &= ~other.bits
        return rest
    }

    /// What one connection tells the next hop and no further (RFC 9110 7.6.1), the framing, which is written
    /// anew, and Weir's own fields: never relayed, either way.
    static let neverRelayed: KnownFieldSet = [
        .connection, .contentLength, .transferEncoding, .keepAlive, .proxyConnection, .proxyAuthenticate,
        .proxyAuthorization, .te, .trailer, .upgrade, .weirPriority, .weirMaxWait, .weirCost, .weirEndpoint,
        .weirKey, .weirOther, .framingLookalike,
    ]
}
