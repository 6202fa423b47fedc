internal import WeirCore

extension Kind where Value == TimeSpan {
    /// A duration of 0 or more.
    static var duration: Kind { duration(isPositive: false) }
    /// A duration above 0.
    static var positiveDuration: Kind { duration(isPositive: true) }

    private static func duration(isPositive: Bool) -> Kind {
        // Each unit at most once, the longer ones first.
        let units = "(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?(?:[0-9]+us)?"
        let text = JSONValue.pattern(isPositive ? "(?=.*[1-9])\(units)" : "(?=.)\(units)|0")
        return Kind(
            takes: isPositive ? "duration above 0" : "duration",
            schema: .anyOf(isPositive ? [text] : [text, ["const": 0]]),
            read: { isPositive ? $0.positiveDuration() : $0.duration() },
            write: { .text($0.text) })
    }
}

extension Kind where Value == Int {
    /// A whole number in `range`.
    static func integer(_ range: ClosedRange<Int>) -> Kind {
        Kind(
            takes: "\(range.lowerBound)…\(range.upperBound)",
            schema: [
                "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
            ],
            read: { $0.integer(range) },
            write: { .integer($0) })
    }

    /// A number of bytes: `0`, `512B`, `64KiB`, `1MiB`; up to 16 MiB.
    static var size: Kind {
        Kind(
            takes: "size up to 16MiB", schema: .anyOf([.pattern("[0-9]+(?:B|KiB|MiB)|0"), ["const": 0]]),
            read: { $0.read(SizeText.expected) { text throws(Mismatch) in try SizeText.parse(text) } },
            write: { .text(SizeText.text($0)) })
    }
}

extension Kind where Value == Double {
    /// Numbers between two bounds.
    struct Bounds {
        let schema: JSONValue
        let words: String
        let contains: (Double) -> Bool

        /// A share above 0 and up to 1.
        static var positiveShare: Bounds {
            Bounds(
                schema: ["exclusiveMinimum": 0, "maximum": 1], words: "above 0 and up to 1",
                contains: { $0 > 0 && $0 <= 1 })
        }

        /// A share from 0 to below 1.
        static var properShare: Bounds {
            Bounds(
                schema: ["minimum": 0, "exclusiveMaximum": 1], words: "from 0 to below 1",
                contains: { $0 >= 0 && $0 < 1 })
        }

        /// From `range.lowerBound` to `range.upperBound`, both included.
        static func within(_ range: ClosedRange<Int>) -> Bounds {
            Bounds(
                schema: ["minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
                words: "from \(range.lowerBound) to \(range.upperBound)",
                contains: { $0 >= Double(range.lowerBound) && $0 <= Double(range.upperBound) })
        }
    }

    /// A decimal number within `bounds`.
    static func number(_ bounds: Bounds) -> Kind {
        Kind(
            takes: "number \(bounds.words)",
            schema: JSONValue.object([]).adding(["type": "number"]).adding(bounds.schema),
            read: { $0.number(bounds.words, bounds.contains) },
            write: { .number($0) })
    }
}

extension Kind where Value == Bool {
    /// `true` or `false`; `on` and `off` mean the same.
    static var flag: Kind {
        Kind(
            takes: "true or false",
            schema: ["enum": [true, false, "true", "false", "on", "off"]],
            read: { $0.flag() },
            write: { .flag($0) })
    }
}

extension Kind where Value == String {
    /// The name of an upstream, an endpoint or a limit.
    static var name: Kind {
        Kind(
            takes: "1 to 64 of `a-z` `0-9` `_` `-`", schema: .pattern("[a-z0-9_-]{1,64}", or: ["integer", "boolean"]),
            read: { $0.name() }, write: { .text($0) })
    }

    /// The path of a file.
    static var filePath: Kind {
        Kind(
            takes: "path of a file", schema: .pattern("[\\s\\S]+", or: ["number", "boolean"]), read: { $0.filePath() },
            write: { .text($0) })
    }

    /// Text that `isAllowed`.
    ///
    /// - Parameters:
    ///   - pattern: says the same.
    ///   - types: other types of JSON whose values are allowed as well, as the text that they are written in.
    static func text(
        _ takes: String, pattern: String, or types: [JSONValue] = ["number", "boolean"],
        isAllowed: @escaping (String) -> Bool
    ) -> Kind {
        Kind(
            takes: takes, schema: .pattern(pattern, or: types),
            read: { cursor in
                cursor.read(takes) { text throws(Mismatch) in
                    guard isAllowed(text) else { throw Mismatch(expected: takes) }
                    return text
                }
            },
            write: { .text($0) })
    }
}

extension Kind where Value: Equatable {
    /// One of a few words, each a value.
    static func choice(_ words: [(word: String, value: Value)]) -> Kind {
        let list = words.map(\.word)
        let expected = list.count > 4 ? "one of " + list.joined(separator: ", ") : listed(list, "or")
        return Kind(
            takes: list.map { "`\($0)`" }.joined(separator: " "),
            schema: [
                "enum": .list(
                    list.flatMap { $0 == "off" ? [.text("off"), .text("false"), .flag(false)] : [.text($0)] })
            ],
            read: { cursor in
                let pairs = words.map { ($0.word, $0.value) }
                let offs = words.filter { $0.word == "off" }.map { ("false", $0.value) }
                return cursor.choice(Dictionary(pairs + offs) { first, _ in first }, expected: expected)
            },
            write: { value in
                words.first { $0.value == value }.map { .text($0.word) } ?? .null
            })
    }
}

extension Kind where Value: RawRepresentable<String> & CaseIterable & Equatable {
    /// One of the cases, by the words that stand for them.
    static var word: Kind {
        choice(Value.allCases.map { ($0.rawValue, $0) })
    }
}
