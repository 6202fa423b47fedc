internal import Yams

/// Text to a tree of bounded size and depth.
///
/// Yams expands aliases while it composes a document and hashes whatever stands as a key, so a few hundred bytes can
/// keep it busy for ever. It is therefore never shown an alias: each `*` is replaced by one private scalar of the same
/// width, which Yams takes for text, and aliases are resolved here, where the values are counted.
enum YAMLDocument {
    /// A longer text is refused: 1 MiB.
    static let maximumBytes = 1 << 20
    /// A document of more values, aliases expanded, is refused.
    static let maximumNodes = 100_000
    /// A document nested deeper is refused.
    static let maximumDepth = 64

    /// Stands for `*` while Yams reads.
    private static let star: Unicode.Scalar = "\u{E000}"

    /// The root of the only document in `text`; nil where there is none.
    static func parse(_ text: String) throws(SyntaxProblem) -> YAMLNode? {
        guard text.utf8.count <= maximumBytes else {
            throw SyntaxProblem(message: "is larger than 1 MiB")
        }
        var scalars = text.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        if let place = scalars.firstIndex(of: star) {
            let position = Position(endOf: scalars[..<place])
            throw SyntaxProblem(position: position, message: "not valid here: the private character U+E000")
        }
        var hidden = String.UnicodeScalarView()
        hidden.append(contentsOf: scalars.lazy.map { $0 == "*" ? star : $0 })
        let source = String(hidden)
        guard !source.isEmpty else { return nil }
        do {
            let parser = try Parser(yaml: source, resolver: .basic, encoding: .utf8)
            // Nodes hold their anchors weakly; the parser owns them.
            return try withExtendedLifetime(parser) {
                guard let root = try parser.singleRoot() else { return nil }
                var composer = Composer()
                return try composer.compose(root, depth: 1)
            }
        } catch let problem as SyntaxProblem {
            throw problem
        } catch let error as YamlError {
            throw SyntaxProblem(error, source: source)
        } catch {
            throw SyntaxProblem(message: "not valid YAML")
        }
    }

    /// `text` as it was before its stars were hidden.
    static func revealed(_ text: String) -> String {
        guard text.unicodeScalars.contains(star) else { return text }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text.unicodeScalars.lazy.map { $0 == star ? "*" : $0 })
        return String(scalars)
    }

    /// Copies what Yams has read, resolves aliases and counts.
    private struct Composer {
        private var anchors: [String: YAMLNode] = [:]
        private var count = 0

        mutating func compose(_ node: Node, depth: Int) throws(SyntaxProblem) -> YAMLNode {
            let position = Position(node.mark)
            guard depth <= maximumDepth else {
                throw SyntaxProblem(position: position, message: "nested more than \(maximumDepth) levels deep")
            }
            let composed: YAMLNode
            switch node {
            case .scalar(let scalar):
                try refuseTag(scalar.tag, at: position)
                if scalar.style == .plain, scalar.string.unicodeScalars.first == star {
                    return try resolve(scalar.string, at: position)
                }
                try add(1, at: position)
                let isPlain = scalar.style == .plain && scalar.tag.rawValue.isEmpty
                composed = YAMLNode(
                    content: .scalar(revealed(scalar.string), isPlain: isPlain), position: position, size: 1)
            case .sequence(let sequence):
                try refuseTag(sequence.tag, at: position)
                try add(1, at: position)
                var elements: [YAMLNode] = []
                for element in sequence { elements.append(try compose(element, depth: depth + 1)) }
                let size = elements.reduce(1) { $0 + $1.size }
                composed = YAMLNode(content: .sequence(elements), position: position, size: size)
            case .mapping(let mapping):
                try refuseTag(mapping.tag, at: position)
                try add(1, at: position)
                var entries: [YAMLNode.Entry] = []
                for (key, value) in mapping {
                    let keyPosition = Position(key.mark)
                    let name = try keyName(key, at: keyPosition)
                    let value = try compose(value, depth: depth + 1)
                    entries.append(YAMLNode.Entry(key: name, position: keyPosition, value: value))
                }
                let size = entries.reduce(1) { $0 + $1.value.size }
                composed = YAMLNode(content: .mapping(entries), position: position, size: size)
            case .alias:
                throw SyntaxProblem(position: position, message: "not valid YAML: unexpected alias")
            }
            if let anchor = node.anchor { anchors[revealed(anchor.rawValue)] = composed }
            return composed
        }

        private func keyName(_ key: Node, at position: Position) throws(SyntaxProblem) -> String {
            guard case .scalar(let scalar) = key,
                scalar.style != .plain || scalar.string.unicodeScalars.first != star
            else {
                throw SyntaxProblem(position: position, message: "a key must be a plain name")
            }
            return revealed(scalar.string)
        }

        private mutating func resolve(_ text: String, at position: Position) throws(SyntaxProblem) -> YAMLNode {
            let name = String(text.unicodeScalars.dropFirst())
            guard !name.isEmpty, name.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == 0x2D || $0 == 0x5F }) else {
                throw SyntaxProblem(position: position, message: "text that begins with * must be quoted")
            }
            guard let node = anchors[name] else {
                throw SyntaxProblem(position: position, message: "an alias whose anchor does not stand before it")
            }
            try add(node.size, at: position)
            return node
        }

        private mutating func add(_ nodes: Int, at position: Position) throws(SyntaxProblem) {
            count += nodes
            guard count <= maximumNodes else {
                throw SyntaxProblem(
                    position: position, message: "more than \(maximumNodes) values, aliases expanded")
            }
        }

        private func refuseTag(_ tag: Tag, at position: Position) throws(SyntaxProblem) {
            let name = tag.rawValue
            guard name.isEmpty || name == "!" || name.hasPrefix("tag:yaml.org,2002:") else {
                throw SyntaxProblem(position: position, message: "tags such as !name have no meaning here")
            }
        }
    }
}
