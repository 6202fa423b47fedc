import Foundation
import NIOCore
import Testing
import WeirTestKit

extension DataPath {
    /// A running `weir` between a test and its provider.
    struct Bench {
        let weir: WeirProcess
        let provider: ScriptedUpstream
        /// Where callers connect.
        let address: SocketEndpoint

        /// Starts both, runs `test`, and stops both, whatever came of it.
        ///
        /// - Parameters:
        ///   - options: Further keys of the upstream `provider`, one per line, not indented.
        ///   - listen: Its listening address.
        ///   - providerAt: Where the provider listens.
        ///   - url: Makes the upstream's URL from the provider's address.
        ///   - moment: When the provider answers.
        ///   - script: How it answers.
        ///   - configure: Adds handlers to its connections.
        static func run(
            _ options: String = "", listen: String = "127.0.0.1:0", providerAt endpoint: SocketEndpoint = .loopback(0),
            url: (SocketEndpoint) -> String = { "http://\($0)" }, answering moment: ScriptedUpstream.Moment = .atEnd,
            script: @escaping ScriptedUpstream.Script = { _ in .respond(200, body: "ok") },
            configure: (@Sendable (any Channel) throws -> Void)? = nil, _ test: (Bench) async throws -> Void
        ) async throws {
            let provider = try await ScriptedUpstream.start(
                on: endpoint, answering: moment, script: script, configure: configure)
            let weir = try WeirProcess.start(
                configuration: configuration(options, listen: listen, url: url(provider.endpoint)))
            do {
                try await test(
                    Bench(weir: weir, provider: provider, address: try await weir.address(of: "provider")))
            } catch {
                Issue.record("weir: \(weir.errorLines.suffix(5).joined(separator: "\n"))\nprovider: \(provider.record)")
                try await weir.stop()
                await provider.stop()
                throw error
            }
            #expect(weir.isRunning)
            try await weir.stop()
            await provider.stop()
        }

        /// What stands between a test and the data path is off, unless an option turns it on.
        private static func configuration(_ options: String, listen: String, url: String) -> String {
            let given = options.split(separator: "\n").map(String.init)
            let defaults = ["retry: off", "breaker: off", "feedback: { headers: none }"].filter { line in
                !given.contains { $0.hasPrefix(line.prefix { $0 != ":" } + ":") }
            }
            let keys = ["listen: \"\(listen)\"", "url: \"\(url)\""] + defaults + given
            return "admin: { listen: \"127.0.0.1:0\" }\nupstreams:\n  - name: provider\n"
                + keys.map { "    \($0)\n" }.joined()
        }

        /// A connection of a caller.
        func caller() async throws -> RawClient {
            try await RawClient.connect(to: address)
        }

        /// One GET on a connection of its own.
        func get(_ target: String = "/", headers: [String] = []) async throws -> RawResponse {
            try await HTTPCall.get(address, target, headers: headers)
        }

        /// Sends `request` as it is on a connection of its own; returns the answer and the connection.
        func send(_ request: String) async throws -> (RawResponse, RawClient) {
            let caller = try await caller()
            try await caller.send(request)
            return (try await caller.readResponse(), caller)
        }
    }
}
