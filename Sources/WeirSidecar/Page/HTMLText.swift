/// HTML under construction. Markup comes from literals only; everything else is escaped, so that no data can become
/// markup, neither in text nor in an attribute within quotes.
struct HTMLText {
    private(set) var bytes: [UInt8] = []

    /// Appends markup. It is a `StaticString` so that it can hold no data.
    mutating func markup(_ literal: StaticString) {
        bytes.append(contentsOf: literal.description.utf8)
    }

    /// Appends data.
    mutating func text(_ data: String) {
        for byte in data.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): bytes.append(contentsOf: "&#39;".utf8)
            default: bytes.append(byte)
            }
        }
    }

    /// Appends markup around data.
    mutating func text(_ before: StaticString, _ data: String, _ after: StaticString) {
        markup(before)
        text(data)
        markup(after)
    }

    /// Appends one of the symbols of the document.
    mutating func icon(_ name: String) {
        text(##"<svg class="icon" aria-hidden="true"><use href="#i-"##, name, #""/></svg>"#)
    }
}
