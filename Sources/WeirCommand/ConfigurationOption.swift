internal import ArgumentParser
internal import FoundationEssentials
internal import WeirConfiguration

/// `--config`, and what becomes of it.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.customLong("config"), .customShort("c")],
        help: "The configuration; falls back to $WEIR_CONFIG, ./weir.yaml, /etc/weir/weir.yaml.",
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    /// Loads the configuration. Every problem and warning is printed; with a problem it ends with 78.
    func load() throws -> (path: String, loaded: LoadedConfiguration) {
        let environment = ProcessInfo.processInfo.environment
        do {
            let path = try ConfigurationLoader.locate(explicit: file, environment: environment).get()
            let loaded = try ConfigurationLoader.load(path: path, environment: environment).get()
            for warning in loaded.warnings { Terminal.complain("warning: \(warning)") }
            return (path, loaded)
        } catch {
            for problem in error.problems { Terminal.complain("\(problem)") }
            throw ExitCode.badConfiguration
        }
    }
}
