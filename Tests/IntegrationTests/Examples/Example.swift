import Foundation
import Testing
import WeirTestKit

/// A configuration of `examples/`, run by the built binary against a scripted provider.
///
/// The text is the file's but for three things, each replaced in the text itself: addresses that are listened on get
/// a port of the system's choice, the provider's URL becomes that of the scripted one (after `preset:`, which brings
/// the URL, it is added), and an admin endpoint is given one likewise where the file leaves it to the default.
enum Example {
    /// Starts both, runs `body`, and stops both.
    ///
    /// - Parameters:
    ///   - upstream: The name of its upstream.
    ///   - change: A further change of the text.
    static func run(
        _ file: String, upstream name: String, change: (String) -> String = { $0 },
        script: @escaping ScriptedUpstream.Script = { _ in .respond(200, body: "ok") },
        _ body: (Stand) async throws -> Void
    ) async throws {
        let text = try #require(try ExampleFiles.all().first { $0.name == file }?.text)
        try await Turnstile.processes.pass {
            let provider = try await ScriptedUpstream.start(script: script)
            let weir = try WeirProcess.start(
                configuration: change(local(text, url: "http://\(provider.endpoint)")))
            do {
                try await body(
                    Stand(
                        weir: weir, upstream: provider,
                        address: try await weir.address(of: name, within: Stand.patience),
                        admin: try await weir.adminAddress(within: Stand.patience)))
            } catch {
                try await weir.stop()
                await provider.stop()
                throw error
            }
            try await weir.stop()
            await provider.stop()
        }
    }

    private static func local(_ text: String, url: String) -> String {
        var text = text.replacing(/listen: 127\.0\.0\.1:[0-9]+/) { _ in "listen: \"127.0.0.1:0\"" }
            .replacing(/\n(\s+)url: .*/) { "\n\($0.1)url: \(url)" }
            .replacing(/\n(\s+)preset: (.*)/) { "\n\($0.1)preset: \($0.2)\n\($0.1)url: \(url)" }
        if !text.contains("\nadmin:") { text = "admin: { listen: \"127.0.0.1:0\" }\n" + text }
        return text
    }
}

extension Stand {
    /// A POST with an empty JSON body that does not wait in line.
    func postNow(_ target: String, headers: [String] = []) async throws -> RawResponse {
        try await post(target, headers: headers + ["Weir-Max-Wait: 0s"])
    }

    /// Calls that do not wait, one after another, until one is refused.
    ///
    /// - Returns: How many were admitted, for how long they were sent, and the refusal.
    func exhaust(
        most: Int = 1000, _ call: () async throws -> RawResponse
    ) async throws -> (admitted: Int, seconds: Double, refusal: RawResponse?) {
        let start = ContinuousClock.now
        for count in 0..<most {
            let answer = try await call()
            if answer.reason != nil { return (count, (ContinuousClock.now - start) / .seconds(1), answer) }
        }
        return (most, (ContinuousClock.now - start) / .seconds(1), nil)
    }
}
