internal import ArgumentParser
internal import WeirConfiguration
internal import WeirSidecar

/// `weir reference`: writes those pages of `docs/` that are made of the code. For those who build Weir.
struct Reference: ParsableCommand {
    enum Page: String, ExpressibleByArgument, CaseIterable {
        case configuration, metrics
    }

    static let configuration = CommandConfiguration(
        abstract: "Prints a page of the documentation that is made of the code.", shouldDisplay: false)

    @Argument(help: "Which page.")
    var page: Page

    func run() throws {
        let text =
            switch page {
            case .configuration: ConfigurationReference.markdown
            case .metrics: MetricReference.markdown
            }
        Terminal.say(String(text.dropLast(text.hasSuffix("\n") ? 1 : 0)))
    }
}
