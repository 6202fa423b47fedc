/// A pattern over raw paths: `/v5/order/create`, `/users/{id}/orders`, `/v5/market/*`.
///
/// `{name}` matches one non-empty segment, a final `*` matches whatever is left (nothing included); all else is
/// compared byte by byte, without decoding.
package struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    private enum Piece: Hashable {
        case literal([UInt8])
        case segment(name: String)
        case rest
    }

    /// As it is written in the configuration.
    package let description: String
    private let pieces: [Piece]

    /// Parses a pattern.
    ///
    /// - Throws: `PathPatternError` where it does not begin with `/`, has a `*` before its end, a brace that is not a
    ///   whole segment, or two segments of one name.
    package init(_ text: String) throws(PathPatternError) {
        guard text.utf8.first == UInt8(ascii: "/") else { throw PathPatternError("it must begin with /") }
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        let segments = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            literal.append(UInt8(ascii: "/"))
            let isLast = index == segments.count - 1
            if segment.first == UInt8(ascii: "{") {
                let name = String(decoding: segment.dropFirst().dropLast(), as: UTF8.self)
                guard segment.last == UInt8(ascii: "}"), segment.count > 2,
                    !name.contains(where: { "{}*".contains($0) })
                else { throw PathPatternError("a {name} must be a whole segment") }
                guard !pieces.contains(.segment(name: name)) else {
                    throw PathPatternError("{\(name)} may stand in it once")
                }
                pieces.append(.literal(literal))
                pieces.append(.segment(name: name))
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

    /// The names of its segments, in their order.
    package var segmentNames: [String] {
        pieces.compactMap { piece in
            if case .segment(let name) = piece { name } else { nil }
        }
    }

    /// Whether the whole of `path` fits the pattern.
    package func matches(_ path: Span<UInt8>) -> Bool {
        var position = 0
        return walk(path, from: &position, until: nil) == path.count
    }

    /// Where the bytes that `{name}` stands for are in `path`; nil where the path does not fit so far, or no segment
    /// has that name.
    package func segment(named name: String, in path: Span<UInt8>) -> Range<Int>? {
        var position = 0
        guard let end = walk(path, from: &position, until: name), position < end else { return nil }
        return position..<end
    }

    /// The end of what fits, and `start` set to where its last piece begins: all of the pattern, or with `name` up to
    /// and with that segment. Nil where the path does not fit, or there is no such segment.
    private func walk(_ path: Span<UInt8>, from start: inout Int, until name: String?) -> Int? {
        var position = 0
        for piece in pieces {
            start = position
            switch piece {
            case .literal(let bytes):
                guard path.count - position >= bytes.count else { return nil }
                for byte in bytes {
                    if path[position] != byte { return nil }
                    position += 1
                }
            case .segment(let own):
                while position < path.count, path[position] != UInt8(ascii: "/") { position += 1 }
                if position == start { return nil }
                if own == name { return position }
            case .rest:
                position = path.count
            }
        }
        return name == nil ? position : nil
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
