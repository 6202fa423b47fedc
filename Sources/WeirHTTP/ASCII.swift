/// The bytes and byte classes that HTTP/1.1 gives a meaning to (RFC 9110 section 5.6, RFC 9112 section 2.2).
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lf: UInt8 = 0x0A
    static let cr: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let numberSign: UInt8 = 0x23
    static let ampersand: UInt8 = 0x26
    static let asterisk: UInt8 = 0x2A
    static let comma: UInt8 = 0x2C
    static let dash: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let questionMark: UInt8 = 0x3F
    static let openBracket: UInt8 = 0x5B
    static let closeBracket: UInt8 = 0x5D
    static let underscore: UInt8 = 0x5F
    static let lowercaseW: UInt8 = 0x77
    static let tilde: UInt8 = 0x7E
    static let delete: UInt8 = 0x7F

    /// CR LF as the big-endian integer that writes it.
    static let crlf: UInt16 = 0x0D0A

    /// `tchar` of RFC 9110 5.6.2 as a table of bits: 0...63, then 64...127.
    private static let tokenBits: (low: UInt64, high: UInt64) = (0x3FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)

    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? tokenBits.low : tokenBits.high
        return byte < 128 && (bits &>> UInt64(byte & 63)) & 1 != 0
    }

    /// A byte of a field value: visible, space, tab or obs-text (0x80...0xFF).
    @inline(__always)
    static func isFieldByte(_ byte: UInt8) -> Bool {
        (byte >= space && byte != delete) || byte == tab
    }

    /// A byte of a request target: visible ASCII but `#`, since a fragment is never sent.
    @inline(__always)
    static func isTargetByte(_ byte: UInt8) -> Bool {
        byte > space && byte < delete && byte != numberSign
    }

    /// Optional white space.
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == tab
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool {
        byte &- zero < 10
    }

    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// The value of a hexadecimal digit, nil for any other byte.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> Int? {
        if isDigit(byte) { return Int(byte &- zero) }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? Int(letter) &+ 10 : nil
    }
}
