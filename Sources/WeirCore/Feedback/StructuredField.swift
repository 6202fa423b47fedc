/// A list or a dictionary of structured fields (RFC 9651), as far as rate limit headers need them: no inner lists.
///
/// A field that is malformed anywhere is nil as a whole, as the RFC demands.
struct StructuredField {
    /// A bare item. What no rate limit header uses is `other`, whatever it holds.
    enum Value: Hashable {
        case integer(Int)
        case text(String)
        case other
    }

    /// A member: `"name";r=1` of a list, or `name=5` of a dictionary.
    struct Member {
        /// The item of a list.
        var item: Value
        /// The value in a dictionary; nil for a member of a list.
        var value: Value?
        /// In order; of several of one name the last counts.
        var parameters: [(name: String, value: Value)] = []

        func parameter(_ name: String) -> Value? { parameters.last { $0.name == name }?.value }

        /// A parameter that is an integer and not negative.
        func count(_ name: String) -> Int? { Self.count(parameter(name)) }

        static func count(_ value: Value?) -> Int? {
            guard case .integer(let number) = value, number >= 0 else { return nil }
            return number
        }
    }

    /// No longer field is read.
    static let longest = 2048

    /// The members, in order.
    let members: [Member]

    init?(_ text: String) {
        guard text.utf8.count <= Self.longest else { return nil }
        var parser = StructuredFieldParser(text)
        guard let members = parser.members() else { return nil }
        self.members = members
    }
}

/// Reads the members of a field one byte after the other; nil at the first fault.
private struct StructuredFieldParser {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = Substring(text).utf8
    }

    mutating func members() -> [StructuredField.Member]? {
        var members: [StructuredField.Member] = []
        skip { $0 == UInt8(ascii: " ") }
        while true {
            guard let member = member() else { return nil }
            members.append(member)
            skip(Self.isWhiteSpace)
            guard let next = rest.first else { return members }
            guard next == UInt8(ascii: ",") else { return nil }
            rest.removeFirst()
            skip(Self.isWhiteSpace)
        }
    }

    private mutating func member() -> StructuredField.Member? {
        let mayBeKey = rest.first.map { Self.isLowercase($0) || $0 == UInt8(ascii: "*") } ?? false
        guard let item = bareItem() else { return nil }
        var member = StructuredField.Member(item: item)
        if mayBeKey, take(UInt8(ascii: "=")) {
            guard let value = bareItem() else { return nil }
            member.value = value
        }
        while take(UInt8(ascii: ";")) {
            skip { $0 == UInt8(ascii: " ") }
            guard let first = rest.first, Self.isLowercase(first) || first == UInt8(ascii: "*") else { return nil }
            let key = String(decoding: takeAll(Self.isKey), as: UTF8.self)
            guard take(UInt8(ascii: "=")) else {
                member.parameters.append((key, .other))
                continue
            }
            guard let value = bareItem() else { return nil }
            member.parameters.append((key, value))
        }
        return member
    }

    private mutating func bareItem() -> StructuredField.Value? {
        guard let first = rest.first else { return nil }
        switch first {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: ":"): return enclosed(by: first)
        case UInt8(ascii: "?"):
            rest.removeFirst()
            return take(UInt8(ascii: "0")) || take(UInt8(ascii: "1")) ? .other : nil
        case UInt8(ascii: "-"):
            rest.removeFirst()
            guard case .integer(let number)? = number() else { return nil }
            return .integer(-number)
        case _ where HeaderNumber.isDigit(first): return number()
        case _ where Self.isLetter(first) || first == UInt8(ascii: "*"):
            return .text(String(decoding: takeAll(Self.isTokenByte), as: UTF8.self))
        default: return nil
        }
    }

    /// An integer of at most 15 digits, or a decimal, which no rate limit header uses.
    private mutating func number() -> StructuredField.Value? {
        let digits = takeAll(HeaderNumber.isDigit)
        guard !digits.isEmpty, digits.count <= 15 else { return nil }
        guard take(UInt8(ascii: ".")) else {
            return .integer(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
        }
        let fraction = takeAll(HeaderNumber.isDigit)
        return fraction.isEmpty || fraction.count > 3 ? nil : .other
    }

    private mutating func string() -> StructuredField.Value? {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return .text(String(decoding: bytes, as: UTF8.self))
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\")
                else { return nil }
                bytes.append(escaped)
            case 0x20...0x7E: bytes.append(byte)
            default: return nil
            }
        }
        return nil
    }

    /// A byte sequence; its contents are not looked at.
    private mutating func enclosed(by mark: UInt8) -> StructuredField.Value? {
        rest.removeFirst()
        skip { $0 != mark }
        return take(mark) ? .other : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func takeAll(_ isWanted: (UInt8) -> Bool) -> Substring.UTF8View {
        let taken = rest.prefix(while: isWanted)
        rest.removeFirst(taken.count)
        return taken
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
        rest = rest.drop(while: isSkipped)
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private static func isLowercase(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a") <= byte && byte <= UInt8(ascii: "z")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        isLowercase(byte | 0x20)
    }

    private static func isKey(_ byte: UInt8) -> Bool {
        isLowercase(byte) || HeaderNumber.isDigit(byte) || "_-.*".utf8.contains(byte)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || HeaderNumber.isDigit(byte) || "!#$%&'*+-.^_`|~:/".utf8.contains(byte)
    }
}
