internal import Yams

extension Position {
    /// Where Yams says that something begins.
    init(_ mark: Mark?) {
        self = mark.map { Position(line: $0.line, column: $0.column) } ?? .start
    }

    /// The place that follows `text`.
    init(endOf text: some Sequence<Unicode.Scalar>) {
        self = .start
        for scalar in text {
            if scalar == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
    }
}

extension SyntaxProblem {
    /// What Yams, reading `source`, found wrong.
    init(_ error: YamlError, source: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            let place = context.map { " (\($0.text) at \($0.mark.line):\($0.mark.column))" } ?? ""
            self.init(position: Position(mark), message: "not valid YAML: \(problem)\(place)")
        case .composer(_, let problem, let mark, _):
            self.init(position: Position(mark), message: "not valid YAML: \(problem)")
        case .reader(let problem, let offset, _, _):
            let position = offset.map { Position(endOf: source.prefix($0).unicodeScalars) }
            self.init(position: position, message: "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let key = YAMLDocument.revealed(duplicates.first ?? "")
            self.init(position: Position(context.mark), message: "the key \(quoted(key)) is given twice")
        case .memory:
            // What libyaml answers beyond 1000 levels.
            self.init(message: "nested more than \(YAMLDocument.maximumDepth) levels deep")
        default:
            self.init(message: "not valid YAML")
        }
    }
}
