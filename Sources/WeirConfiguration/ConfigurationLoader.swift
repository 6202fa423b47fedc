internal import Foundation

/// YAML to validated settings.
package enum ConfigurationLoader {
    /// Where a configuration is looked for when nobody names one, in this order.
    package static let defaultPaths = ["weir.yaml", "/etc/weir/weir.yaml"]

    /// Reads and validates `text`, which problems call `file`. Nothing outside of it is looked at.
    ///
    /// - Returns: The settings and what is unwise about them, or every problem.
    package static func parse(
        _ text: String, file: String, environment: [String: String]
    ) -> Result<LoadedConfiguration, ConfigurationError> {
        parse(text, report: Report(file: file, environment: environment))
    }

    /// Reads and validates the file at `path`, and looks whether the files that it names can be read.
    package static func load(
        path: String, environment: [String: String]
    ) -> Result<LoadedConfiguration, ConfigurationError> {
        let report = Report(
            file: path, environment: environment, whyUnreadable: ConfigurationFile.whyUnreadable)
        do {
            return parse(try ConfigurationFile.text(of: path), report: report)
        } catch {
            report.problem(at: error.position, error.message)
            return .failure(ConfigurationError(problems: report.sortedProblems))
        }
    }

    /// The configuration to use: `explicit`, `$WEIR_CONFIG`, or the first of `defaultPaths` that exists. The first two
    /// must exist where they are given; an empty `$WEIR_CONFIG` is none.
    package static func locate(
        explicit: String?, environment: [String: String],
        exists: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
    ) -> Result<String, ConfigurationError> {
        if let named = explicit ?? environment["WEIR_CONFIG"].flatMap({ $0.isEmpty ? nil : $0 }) {
            guard exists(named) else { return failure(named, "cannot be read: no such file") }
            return .success(named)
        }
        if let found = defaultPaths.first(where: exists) { return .success(found) }
        let rest = defaultPaths.dropFirst().joined(separator: ", nor ")
        return failure(
            defaultPaths[0], "no such file, nor \(rest): name one with --config FILE or in WEIR_CONFIG")
    }

    private static func failure<Value>(_ file: String, _ message: String) -> Result<Value, ConfigurationError> {
        .failure(ConfigurationError(problems: [ConfigurationProblem(file: file, message: message)]))
    }

    private static func parse(_ text: String, report: Report) -> Result<LoadedConfiguration, ConfigurationError> {
        var settings: SidecarSettings?
        do {
            let empty = YAMLNode(content: .mapping([]), position: .start, size: 1)
            var root = try YAMLDocument.parse(text) ?? empty
            // A file of comments holds one empty value.
            if root.isNull { root = empty }
            settings = read(Cursor(node: root, path: "", place: "", report: report))
        } catch {
            report.problem(at: error.position, error.message)
        }
        let problems = report.sortedProblems
        guard let settings, problems.isEmpty else { return .failure(ConfigurationError(problems: problems)) }
        return .success(
            LoadedConfiguration(
                settings: settings, warnings: report.sortedWarnings, concealed: report.concealed))
    }

    private static func read(_ root: Cursor) -> SidecarSettings? {
        guard let section = Section<RootKey>(root) else { return nil }
        let configuration = RootReader.read(section)
        ListenerChecks.check(configuration)
        for upstream in configuration.upstreams {
            AdmissionChecks.check(upstream)
            PolicyChecks.check(upstream, configuration)
        }
        return configuration.settings
    }
}
