/// JSON (RFC 8259), as far as Weir writes it itself.
extension [UInt8] {
    /// Appends a string. No byte below a space stays as it is, so that it can hold no line end.
    package mutating func append(json text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20:
                append(contentsOf: "\\u00".utf8)
                append(contentsOf: [Self.hexadecimal(byte >> 4), Self.hexadecimal(byte & 15)])
            default:
                append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends a list of strings.
    mutating func append(json texts: [String]) {
        append(UInt8(ascii: "["))
        for (index, text) in texts.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(json: text)
        }
        append(UInt8(ascii: "]"))
    }

    /// Appends a number, a whole one without a fraction; `null` for infinities and NaN, which JSON does not have.
    package mutating func append(json number: Double) {
        if let whole = Int(exactly: number) {
            append(contentsOf: whole.description.utf8)
        } else {
            append(contentsOf: (number.isFinite ? number.description : "null").utf8)
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
