/// A place in a file; lines and columns count from 1, columns in Unicode scalars.
struct Position: Hashable, Comparable {
    var line: Int
    var column: Int

    static let start = Position(line: 1, column: 1)

    static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A value of a YAML document, its aliases resolved.
struct YAMLNode {
    enum Content {
        /// `isPlain` where it was written without quotes: only then do `null` and `~` mean nothing.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    struct Entry {
        let key: String
        let position: Position
        let value: YAMLNode
    }

    let content: Content
    let position: Position
    /// How many values it holds, itself included.
    let size: Int
    /// How problems call it as an element of a list that was merged; nil: by its place in the list.
    var label: String?

    /// Written as nothing at all, `null` or `~`.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The value of `key`; nil where this is no mapping or has no such key.
    subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }
}

/// Why a text is not a document that can be read.
struct SyntaxProblem: Error {
    var position: Position?
    var message: String
}
