/// Replaces `${NAME}` in a scalar. A `$` without a brace stays as it is.
enum EnvironmentReference {
    enum Outcome: Equatable {
        /// Nothing to replace.
        case literal
        /// With every reference replaced.
        case replaced(String)
        /// The first variable that is not set.
        case unset(String)
        /// A `${` without a name or without an end.
        case malformed
    }

    /// What becomes of `text` with the variables of `environment`. What is put in is not looked at again.
    static func resolve(_ text: String, _ environment: [String: String]) -> Outcome {
        var result = ""
        var rest = text[...]
        var replaces = false
        while let start = rest.firstRange(of: "${") {
            replaces = true
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { return .malformed }
            let name = String(rest[start.upperBound..<end])
            guard isName(name) else { return .malformed }
            guard let value = environment[name] else { return .unset(name) }
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return replaces ? .replaced(result + rest) : .literal
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !first.isDigit else { return false }
        return text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
    }
}
