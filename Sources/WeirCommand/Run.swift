internal import ArgumentParser
internal import FoundationEssentials
internal import WeirSidecar

/// `weir run`.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the sidecar until SIGTERM or SIGINT, which drain it; a second one ends it at once.")

    @OptionGroup var source: ConfigurationOption

    func run() async throws {
        let (path, loaded) = try source.load()
        let environment = ProcessInfo.processInfo.environment
        try await Session.serve(loaded, from: .file(path: path, environment: environment))
    }
}
