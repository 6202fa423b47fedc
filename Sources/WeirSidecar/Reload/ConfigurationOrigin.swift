internal import WeirConfiguration

/// Where the configuration came from, and may be read from again.
package enum ConfigurationOrigin: Sendable {
    /// A file, with the environment that its `${VAR}` are replaced from.
    case file(path: String, environment: [String: String])
    /// The program itself.
    case embedded(name: String)

    /// How it is called.
    var name: String {
        switch self {
        case .file(let path, _): path
        case .embedded(let name): "\(name) (embedded)"
        }
    }

    /// Reads it again.
    func load() -> Result<LoadedConfiguration, ConfigurationError> {
        switch self {
        case .file(let path, let environment):
            ConfigurationLoader.load(path: path, environment: environment)
        case .embedded(let name):
            .failure(
                ConfigurationError(problems: [
                    ConfigurationProblem(file: name, message: "is embedded in the program, and cannot be reloaded")
                ]))
        }
    }
}
