internal import ArgumentParser
internal import WeirConfiguration
internal import WeirDemo
internal import WeirSidecar

/// `weir demo`.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Runs the sidecar against a simulated exchange with a simulated caller, so that all is alive at once.",
        discussion: "The exchange enforces 600 requests per 5 s and fails on a schedule. Ctrl-C ends it.")

    @Option(help: "Where the sidecar listens for callers.", transform: Self.address)
    var listen = "127.0.0.1:8081"

    @Option(help: "Where the admin endpoint listens.", transform: Self.address)
    var admin = "127.0.0.1:9464"

    func run() async throws {
        let demonstration = try await Demonstration.start()
        let text = demonstration.configuration(listen: listen, admin: admin)
        let loaded: LoadedConfiguration
        do {
            loaded = try ConfigurationLoader.parse(text, file: "demo.yaml", environment: [:]).get()
        } catch {
            for problem in error.problems { Terminal.complain("\(problem)") }
            throw ExitCode.badConfiguration
        }
        try await Session.serve(loaded, from: .embedded(name: "demo.yaml")) { sidecar in
            await greet(sidecar)
            await demonstration.call(sidecar)
        }
    }

    /// The text itself where it is an address: a problem is one of the option, not of a configuration that nobody sees.
    private static func address(_ text: String) throws -> String {
        guard AddressText.isAddress(text) else { throw ValidationError("expected \(AddressText.expected)") }
        return text
    }

    private func greet(_ sidecar: Sidecar) async {
        let address = (try? await sidecar.addresses().first?.address) ?? listen
        Terminal.say(
            """

            Weir is running in front of a simulated exchange (600 requests per 5 s, faults on a schedule):
              page      http://\(sidecar.adminAddress)/
              status    http://\(sidecar.adminAddress)/status
              metrics   http://\(sidecar.adminAddress)/metrics
              the API   http://\(address)/v5/market/tickers    (curl -i it: see the Weir-* headers)
            Within a minute the order circuit opens, probes and closes. Ctrl-C ends it.

            """)
    }
}
