internal import ArgumentParser
internal import WeirConfiguration

/// `weir route`.
struct Route: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Names the upstream and endpoint that would serve a call, and every rule on its way.")

    @OptionGroup var source: ConfigurationOption

    @Argument(help: "The method, such as GET.")
    var method: String

    @Argument(help: "The URL as the caller sends it, or the provider's; with a single upstream a path is enough.")
    var url: String

    func run() throws {
        let (_, loaded) = try source.load()
        do {
            Terminal.say(try RouteExplanation(method: method, url: url, in: loaded.settings).text)
        } catch {
            Terminal.complain("weir: \(error)")
            throw ExitCode.validationFailure
        }
    }
}
