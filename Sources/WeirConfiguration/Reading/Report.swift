/// Gathers what is wrong and what is unwise while a file is read.
final class Report {
    /// How the file is called in problems.
    let file: String
    /// What `${NAME}` is replaced from.
    let environment: [String: String]
    /// Says why a file that the configuration names cannot be read, nil where it can; nil: files are not looked at.
    let whyUnreadable: ((String) -> String?)?

    private var problems: Set<ConfigurationProblem> = []
    private var warnings: Set<ConfigurationProblem> = []
    private var faulty: Set<String> = []
    /// The places (see `Cursor.place`) whose values hold something from the environment.
    private(set) var concealed: Set<String> = []

    init(file: String, environment: [String: String], whyUnreadable: ((String) -> String?)? = nil) {
        self.file = file
        self.environment = environment
        self.whyUnreadable = whyUnreadable
    }

    /// Notes what makes the configuration unusable. The same problem counts once.
    func problem(at position: Position?, path: String = "", _ message: String) {
        problems.insert(entry(position, path, message))
        faulty.insert(path)
    }

    /// Notes what is legal but unwise.
    func warning(at position: Position?, path: String, _ message: String) {
        warnings.insert(entry(position, path, message))
    }

    /// Whether the value at `path` has a problem of its own.
    func hasProblem(at path: String) -> Bool {
        faulty.contains(path)
    }

    /// Notes that the value at `place` is not to be shown.
    func conceal(_ place: String) {
        concealed.insert(place)
    }

    /// All problems in the order of the file.
    var sortedProblems: [ConfigurationProblem] { Self.sorted(problems) }

    /// All warnings in the order of the file.
    var sortedWarnings: [ConfigurationProblem] { Self.sorted(warnings) }

    private func entry(_ position: Position?, _ path: String, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(
            file: file, line: position?.line, column: position?.column, path: path, message: message)
    }

    private static func sorted(_ entries: Set<ConfigurationProblem>) -> [ConfigurationProblem] {
        entries.sorted {
            ($0.line ?? 0, $0.column ?? 0, $0.path, $0.message) < ($1.line ?? 0, $1.column ?? 0, $1.path, $1.message)
        }
    }
}
