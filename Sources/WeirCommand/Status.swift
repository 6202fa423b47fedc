internal import ArgumentParser
internal import UnixSignals
internal import WeirSidecar

/// `weir status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the state of a running Weir: what is wrong, quotas, lines, circuits and calls.",
        discussion: """
            Ends with 69 when the admin endpoint cannot be reached. Colours are for terminals only, and not with
            NO_COLOR.
            """)

    @Option(help: "The admin endpoint: http://HOST:PORT, HOST:PORT or unix:/PATH.")
    var admin = StatusAddress.standard

    @Flag(name: .shortAndLong, help: "Show it anew each second, until Ctrl-C.")
    var watch = false

    func run() async throws {
        guard watch else {
            let report = try await fetch()
            let screen = StatusScreen()
            screen.print(StatusText(report, style: screen.style, width: screen.size?.columns).lines())
            return
        }
        // The first is awaited before the terminal is touched.
        let first = try await fetch()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let watching = Task { try await StatusWatch(admin: admin, first: first).run() }
        for await _ in signals {
            watching.cancel()
            break
        }
        _ = await watching.result
    }

    private func fetch() async throws -> StatusReport {
        do {
            return try await StatusClient.fetch(admin)
        } catch {
            Terminal.complain("weir: no status from \(admin): \(error)")
            throw ExitCode.unavailable
        }
    }
}
