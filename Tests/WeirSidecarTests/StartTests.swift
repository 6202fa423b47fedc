import Testing
import WeirConfiguration
import WeirCore
import WeirProxy
import WeirTestKit

@testable import WeirSidecar

@Suite("Starting what was accepted")
struct StartTests {
    /// So many configurations are started, in each of the batches.
    private static let starts = 10

    @Test("What the reader accepts, however odd, the sidecar starts with", arguments: 1...10 as ClosedRange<UInt64>)
    func accepted(seed: UInt64) async throws {
        var dice = SeededGenerator(seed: seed)
        let samples = try ExampleFiles.all().map(\.text)
        var started = 0
        while started < Self.starts {
            let sample = samples[Int.random(in: 0..<samples.count, using: &dice)]
            let text = Mutation.reworded(sample, &dice)
            guard
                var loaded = try? ConfigurationLoader.parse(text, file: "weir.yaml", environment: ["A": "x"]).get(),
                let settings = Self.startable(loaded.settings)
            else { continue }
            do {
                let logs = Logs(settings.log, now: { Instant(nanoseconds: 0) }, write: { _ in })
                loaded.settings = settings
                let sidecar = try await Sidecar.start(loaded, from: .embedded(name: "weir.yaml"), logs: logs)
                await sidecar.stop()
                started += 1
            } catch {
                Issue.record("seed \(seed): \(error)\n\(text)")
                return
            }
        }
    }

    /// The same on addresses of the system's choice and without what only this machine could lack; nil where it asks
    /// for what this version does not have.
    private static func startable(_ settings: SidecarSettings) -> SidecarSettings? {
        var settings = settings
        let anywhere = ListenAddress.tcp(host: "127.0.0.1", port: 0)
        settings.admin.listen = anywhere
        settings.drainTimeout = .zero
        settings.stateFile = nil
        if settings.api.listen != nil { settings.api.listen = anywhere }
        for index in settings.upstreams.indices {
            settings.upstreams[index].listen = anywhere
            settings.upstreams[index].caFile = nil
        }
        let limits = settings.upstreams.flatMap { $0.limits + $0.endpoints.flatMap(\.limits) }
        guard !limits.contains(where: \.isShared) else {
            return nil
        }
        return settings
    }
}
