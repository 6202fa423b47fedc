/// A pattern over raw paths: `/v5/order/create`, `/users/{id}/orders`, `/v5/market/*`.
///
/// `{name}` matches one non-empty segment, a final `*` matches whatever is left (nothing included); all else is
/// compared byte by byte, without decoding.
package struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    private enum Piece: Hashable {
        case literal([UInt8])
        case segment
        case rest
    }

    /// As it is written in the configuration.
    package let description: String
    private let pieces: [Piece]

    /// Parses a pattern.
    ///
    /// - Throws: `PathPatternError` where it does not begin with `/`, has a `*` before its end, or a brace that is
    ///   not a whole segment.
    package init(_ text: String) throws(PathPatternError) {
        guard text.utf8.first == UInt8(ascii: "/") else { throw PathPatternError("it must begin with /") }
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        let segments = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            literal.append(UInt8(ascii: "/"))
            let isLast = index == segments.count - 1
            if segment.first == UInt8(ascii: "{") {
                guard segment.last == UInt8(ascii: "}"), segment.count > 2 else {
                    throw PathPatternError("a {name} must be a whole segment")
                }
                pieces.append(.literal(literal))
                pieces.append(.segment)
                literal = []
            } else if isLast, segment.last == UInt8(ascii: "*") {
                literal.append(contentsOf: segment.dropLast())
                guard !literal.contains(UInt8(ascii: "*")) else { throw PathPatternError("only one * may stand in it") }
                pieces.append(.literal(literal))
                pieces.append(.rest)
                literal = []
            } else {
                literal.append(contentsOf: segment)
            }
            guard !literal.contains(UInt8(ascii: "*")) else { throw PathPatternError("a * may only end it") }
            guard !literal.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else {
                throw PathPatternError("a {name} must be a whole segment")
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.description = text
        self.pieces = pieces
    }

    /// Whether the whole of `path` fits the pattern.
    package func matches(_ path: Span<UInt8>) -> Bool {
        var position = 0
        for piece in pieces {
            switch piece {
            case .literal(let bytes):
                guard path.count - position >= bytes.count else { return false }
                for byte in bytes {
                    if path[position] != byte { return false }
                    position += 1
                }
            case .segment:
                let start = position
                while position < path.count, path[position] != UInt8(ascii: "/") { position += 1 }
                if position == start { return false }
            case .rest:
                return true
            }
        }
        return position == path.count
    }
}

/// Why a path pattern was refused.
package struct PathPatternError: Error, Equatable, CustomStringConvertible {
    /// What is wrong with it, for people.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
