internal import ArgumentParser
internal import WeirConfiguration

/// `weir presets`.
struct PresetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets",
        abstract: "Lists the provider presets, or prints one with the source and date of each figure.")

    @Argument(help: "The preset to print.")
    var name: String?

    func validate() throws {
        guard let name, !Presets.names.contains(name) else { return }
        throw ValidationError("no preset is called \(name); there are \(Presets.names.joined(separator: ", "))")
    }

    func run() throws {
        if let text = name.flatMap(Presets.text) {
            Terminal.say(String(text.dropLast(text.hasSuffix("\n") ? 1 : 0)))
            return
        }
        let width = Presets.names.map(\.count).max() ?? 0
        for name in Presets.names {
            let gap = String(repeating: " ", count: width + 2 - name.count)
            Terminal.say(name + gap + Presets.summary(name))
        }
    }
}
