extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetterOrDigit: Bool { isDigit || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
    var isHexDigit: Bool { isDigit || (0x41...0x46).contains(self) || (0x61...0x66).contains(self) }
    /// Printable ASCII, the space apart.
    var isVisible: Bool { (0x21...0x7E).contains(self) }
}

/// `text` in quotes for a message of one line: long text is cut, control characters are shown as `\u{7}`.
func quoted(_ text: String) -> String {
    let longest = 60
    var result = "\""
    for scalar in text.unicodeScalars.prefix(longest) {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\n": result += "\\n"
        case _ where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + (text.unicodeScalars.count > longest ? "…\"" : "\"")
}

/// `a, b or c` for the `word` "or".
func listed(_ items: [String], _ word: String) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " \(word) \(last)"
}
