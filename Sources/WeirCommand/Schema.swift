internal import ArgumentParser
internal import WeirConfiguration

/// `weir schema`.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the JSON Schema of the configuration, for editors.")

    func run() throws {
        let text = ConfigurationSchema.json
        Terminal.say(String(text.dropLast(text.hasSuffix("\n") ? 1 : 0)))
    }
}
