/// Something in a configuration that is wrong, or (as a warning) legal but unwise.
///
/// Its text never holds a value that came from the environment or that is a secret.
package struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file, as it was named.
    package var file: String
    /// The line, from 1; nil where the file as a whole is meant.
    package var line: Int?
    /// The column in Unicode scalars, from 1; nil with `line`.
    package var column: Int?
    /// Where in the settings: `upstreams[0].limits[1].per`; empty for the whole.
    package var path: String
    /// What was expected and what was found.
    package var message: String

    /// A problem at a place of `file`.
    package init(file: String, line: Int? = nil, column: Int? = nil, path: String = "", message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `weir.yaml:12:9: upstreams[0].limits[1].per: expected a duration such as 500ms or 5s, found "five"`.
    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        if !path.isEmpty { text += ": \(path)" }
        return text + ": \(message)"
    }
}

/// Why a configuration cannot be used.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Every problem, in the order of the file; at least one.
    package let problems: [ConfigurationProblem]

    /// An error of `problems`.
    package init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One line per problem.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
