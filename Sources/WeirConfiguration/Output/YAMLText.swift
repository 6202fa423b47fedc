/// A value as YAML: mappings and lists of mappings one key to a line, whatever else on one line.
enum YAMLText {
    /// The document of `value`.
    static func document(_ value: JSONValue) -> String {
        var text = ""
        write(value, to: &text, level: 0)
        return text
    }

    /// `value` on one line: `10s`, `[GET, HEAD]`, `{ ratio: 0.2 }`.
    static func line(_ value: JSONValue) -> String {
        switch value {
        case .null, .flag, .integer, .number: value.json()
        case .text(let text): isPlain(text) ? text : JSONValue.quoted(text)
        case .list(let elements): "[" + elements.map(line).joined(separator: ", ") + "]"
        case .object(let members):
            members.isEmpty
                ? "{}" : "{ " + members.map { "\(key($0.name)): \(line($0.value))" }.joined(separator: ", ") + " }"
        }
    }

    private static func write(_ value: JSONValue, to text: inout String, level: Int) {
        let margin = String(repeating: "  ", count: level)
        for member in value.members {
            text += "\(margin)\(key(member.name)):"
            switch member.value {
            case .object(let members) where !members.isEmpty:
                text += "\n"
                write(member.value, to: &text, level: level + 1)
            case .list(let elements) where elements.contains(where: { !$0.members.isEmpty }):
                text += "\n"
                for element in elements {
                    var block = ""
                    write(element, to: &block, level: level + 2)
                    // The first key stands behind the dash.
                    text += "\(margin)  - " + block.dropFirst((level + 2) * 2)
                }
            default: text += " \(line(member.value))\n"
            }
        }
    }

    private static func key(_ name: String) -> String {
        isPlain(name) ? name : JSONValue.quoted(name)
    }

    /// Whether a text needs no quotes wherever it stands, and is a text to every reader.
    static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, last != UInt8(ascii: ":") else { return false }
        guard first.isLetterOrDigit || "/_.".utf8.contains(first) else { return false }
        guard text.utf8.allSatisfy({ $0.isLetterOrDigit || "_-./:+".utf8.contains($0) }) else { return false }
        // With two dots it is an address or a version.
        let isNumber =
            text.utf8.allSatisfy { $0.isDigit || "._-+:eExXoO".utf8.contains($0) } && text.count { $0 == "." } < 2
        let words = ["true", "false", "null", "yes", "no", "on", "y", "n", "nan", "inf", ".nan", ".inf"]
        return !isNumber && !words.contains(text.lowercased())
    }
}
