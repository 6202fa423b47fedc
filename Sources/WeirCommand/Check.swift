internal import ArgumentParser
internal import WeirConfiguration

/// `weir check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validates a configuration and prints every problem; exit 0 or 78.")

    @OptionGroup var source: ConfigurationOption

    func run() throws {
        let (path, loaded) = try source.load()
        Terminal.say("\(path): ok (upstreams: \(loaded.settings.upstreams.count))")
    }
}
