/// Why a scalar is not what its key takes.
struct Mismatch: Error {
    /// "a duration such as 500ms or 5s"
    var expected: String
    /// The value may hold a secret and is not to be shown.
    var conceals = false
}

/// A value of the file: where it stands, what it is called, and where its problems go.
struct Cursor {
    let node: YAMLNode
    /// As problems call it: `upstreams[0].limits[1].per`.
    let path: String
    /// The same with the names of what has one, which stay the same whatever is merged: `upstreams[0].limits[ip].per`.
    let place: String
    let report: Report
    /// A secret, whatever it holds.
    var isSecret = false

    /// The value of `key` in this mapping.
    func child(_ key: String, _ node: YAMLNode) -> Cursor {
        Cursor(
            node: node, path: path.isEmpty ? key : "\(path).\(key)", place: place.isEmpty ? key : "\(place).\(key)",
            report: report, isSecret: isSecret)
    }

    /// This place with another value in it.
    func holding(_ node: YAMLNode) -> Cursor {
        Cursor(node: node, path: path, place: place, report: report, isSecret: isSecret)
    }

    /// Notes a problem with this value.
    func problem(_ message: String) {
        report.problem(at: node.position, path: path, message)
    }

    /// Notes that this value is legal but unwise.
    func warning(_ message: String) {
        report.warning(at: node.position, path: path, message)
    }

    /// Notes that something else was expected here.
    func mismatch(_ expected: String, conceals: Bool = false) {
        problem("expected \(expected), found \(shown(conceals: conceals))")
    }

    /// The value as a problem may show it.
    func shown(conceals: Bool = false) -> String {
        switch node.content {
        case .sequence(let elements): return elements.isEmpty ? "an empty list" : "a list"
        case .mapping: return "a mapping"
        case .scalar(let text, _):
            if node.isNull { return "nothing" }
            guard case .literal = EnvironmentReference.resolve(text, report.environment) else {
                return "a value from the environment"
            }
            return isSecret || conceals ? "a value that is not shown" : quoted(text)
        }
    }

    /// The text of a scalar, references to the environment replaced; nil, and a problem, for anything else.
    func text(_ expected: String) -> String? {
        guard case .scalar(let text, _) = node.content, !node.isNull else {
            mismatch(expected)
            return nil
        }
        switch EnvironmentReference.resolve(text, report.environment) {
        case .literal: return text
        case .replaced(let replaced):
            report.conceal(place)
            return replaced
        case .unset(let name):
            problem("the environment variable \(name) is not set")
            return nil
        case .malformed:
            problem("expected ${NAME} with the name of an environment variable")
            return nil
        }
    }

    /// Reads a scalar with `parse`; nil, and a problem, where it refuses.
    func read<Value>(_ expected: String, _ parse: (String) throws(Mismatch) -> Value) -> Value? {
        guard let text = text(expected) else { return nil }
        do {
            return try parse(text)
        } catch {
            mismatch(error.expected, conceals: error.conceals)
            return nil
        }
    }

    /// The elements of a list; nil, and a problem, for anything else.
    func list() -> [Cursor]? {
        guard case .sequence(let elements) = node.content else {
            mismatch("a list")
            return nil
        }
        return elements.enumerated().map { index, element in
            let label = element.label ?? String(index)
            return Cursor(
                node: element, path: "\(path)[\(label)]", place: "\(place)[\(name(of: element) ?? label)]",
                report: report, isSecret: isSecret)
        }
    }

    /// What an element of a list of named things is called.
    private func name(of element: YAMLNode) -> String? {
        guard case .scalar(let text, _) = element["name"]?.content else { return nil }
        return switch EnvironmentReference.resolve(text, report.environment) {
        case .literal: text
        case .replaced(let replaced): replaced
        case .unset, .malformed: nil
        }
    }

    /// Whether it is a mapping.
    var isMapping: Bool {
        if case .mapping = node.content { true } else { false }
    }

    private static let offs = ["off", "false"]

    /// Whether it says `off` or `false`.
    var isOff: Bool {
        guard case .scalar(let text, _) = node.content else { return false }
        return switch EnvironmentReference.resolve(text, report.environment) {
        case .literal: Self.offs.contains(text)
        case .replaced(let replaced): Self.offs.contains(replaced)
        case .unset, .malformed: false
        }
    }
}
