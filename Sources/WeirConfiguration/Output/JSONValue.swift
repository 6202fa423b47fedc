/// A value of JSON, which is also one of YAML. Members keep their order.
indirect enum JSONValue: Hashable, Sendable {
    case null
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([Member])

    struct Member: Hashable, Sendable {
        let name: String
        let value: JSONValue
    }

    /// The members of an object; none for anything else.
    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    /// An object with the members of both; those of `other` come last.
    func adding(_ other: JSONValue) -> JSONValue {
        .object(members + other.members)
    }

    /// As one line of JSON, or with `indentation` spaces for each level.
    func json(indentation: Int? = nil) -> String {
        var text = ""
        write(to: &text, indentation: indentation, level: 0)
        return text
    }

    private func write(to text: inout String, indentation: Int?, level: Int) {
        func newLine(_ level: Int) {
            guard let indentation else { return }
            text += "\n" + String(repeating: " ", count: indentation * level)
        }
        switch self {
        case .null: text += "null"
        case .flag(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .number(let number): text += Self.decimal(number)
        case .text(let value): text += Self.quoted(value)
        case .list(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                newLine(level + 1)
                element.write(to: &text, indentation: indentation, level: level + 1)
            }
            if !elements.isEmpty { newLine(level) }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                newLine(level + 1)
                text += Self.quoted(member.name) + (indentation == nil ? ":" : ": ")
                member.value.write(to: &text, indentation: indentation, level: level + 1)
            }
            if !members.isEmpty { newLine(level) }
            text += "}"
        }
    }

    /// A number without an exponent, and without a fraction where it has none: `2`, `0.25`.
    static func decimal(_ number: Double) -> String {
        if number == number.rounded(), let whole = Int(exactly: number) { return String(whole) }
        let text = "\(number)"
        guard text.contains("e"), let exponent = text.firstIndex(of: "e") else { return text }
        // What is configured has few decimals; a fraction this small was written out.
        let digits = text[..<exponent].filter { $0 != "." }
        let places = Int(text[text.index(after: exponent)...]).map { -$0 - 1 } ?? 0
        return "0." + String(repeating: "0", count: max(0, places)) + digits
    }

    /// `text` as a string of JSON, in ASCII but for letters beyond it.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0x80...0x9F).contains(scalar.value),
                "\u{2028}", "\u{2029}", "\u{FEFF}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
}
