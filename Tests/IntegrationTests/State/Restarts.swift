import Foundation
import WeirTestKit

/// One scripted upstream and one state file, for a `weir` that comes and goes.
struct Restarts: Sendable {
    let upstream: ScriptedUpstream
    private let folder: URL

    /// The state file.
    var file: URL { folder.appending(path: "weir.state") }

    /// Starts the upstream, runs `body`, and leaves nothing behind.
    static func run(
        script: @escaping ScriptedUpstream.Script = { _ in .respond(200, body: "ok") },
        _ body: (Restarts) async throws -> Void
    ) async throws {
        try await Turnstile.processes.pass {
            let folder = FileManager.default.temporaryDirectory.appending(path: "weir-state-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let upstream = try await ScriptedUpstream.start(answering: .atEnd, script: script)
            do {
                try await body(Restarts(upstream: upstream, folder: folder))
            } catch {
                await upstream.stop()
                throw error
            }
            await upstream.stop()
        }
    }

    /// Starts a weir with the state file.
    func process(_ rules: String = "", changes: Bool = false) throws -> WeirProcess {
        try WeirProcess.start(
            configuration: Stand.configuration(
                rules, root: "state_file: \(file.path)", url: "http://\(upstream.endpoint)", changes: changes))
    }

    /// One life of weir, which ends by SIGKILL or, if `gently`, by SIGTERM.
    func life(_ rules: String = "", gently: Bool = false, _ body: (Stand) async throws -> Void) async throws {
        let weir = try process(rules)
        do {
            try await body(try await stand(weir))
        } catch {
            try await weir.stop()
            throw error
        }
        if gently {
            weir.signal(SIGTERM)
            try await weir.waitForExit(within: Stand.patience)
        }
        try await weir.stop()
    }

    /// A weir that listens.
    func stand(_ weir: WeirProcess) async throws -> Stand {
        Stand(
            weir: weir, upstream: upstream, address: try await weir.address(of: "api", within: Stand.patience),
            admin: try await weir.adminAddress(within: Stand.patience))
    }
}
