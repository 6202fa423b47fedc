internal import ArgumentParser
internal import WeirSidecar

/// The command line.
@main
struct Weir: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weir",
        abstract: "A resilience sidecar: holds calls to a provider's quota, breaks circuits, and shows it all.",
        version: "weir \(Version.weir) (Swift \(Version.swift))",
        subcommands: [
            Run.self, Demo.self, Check.self, Route.self, Status.self, PresetsCommand.self, Schema.self, Reference.self,
        ])
}
