import Foundation
import Testing
import WeirTestKit

extension DataPath {
    /// A running `weir` before a provider that closes each connection after one answer. The body of an answer says how its
    /// connection came about: by a `full` handshake, `resumed`, or `replayed` by a ticket of TLS 1.3 used before. NIOSSL's
    /// servers cannot tell, Python's can.
    struct ClosingProvider {
        enum Version: String, CaseIterable {
            case tls12 = "TLSv1_2"
            case tls13 = "TLSv1_3"
        }

        private let weir: WeirProcess
        private let url: String
        private let identity: Certificates.Identity

        /// Starts both, runs `test`, and stops both, whatever came of it.
        ///
        /// - Parameters:
        ///   - identity: What the provider shows; its files are its own from now on.
        ///   - authority: The file that weir is told to trust.
        static func run(
            _ version: Version, _ identity: Certificates.Identity, trusting authority: String,
            _ test: (ClosingProvider) async throws -> Void
        ) async throws {
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "closing_provider.py")
            let provider = try WeirProcess.start(
                [script.path, identity.certificate, identity.key, version.rawValue],
                binary: URL(filePath: "/usr/bin/python3"))
            let line = try await provider.waitForLine(containing: "port", within: Stand.patience)
            let port = try #require(line.split(separator: " ").last)
            // The name is one that both NIOSSL and Weir itself look for in the certificate.
            let url = "https://localhost:\(port)"
            let weir = try WeirProcess.start(configuration: configuration(url, authority))
            do {
                try await test(ClosingProvider(weir: weir, url: url, identity: identity))
            } catch {
                Issue.record("weir: \(weir.errorLines.suffix(5).joined(separator: "\n"))")
                try await weir.stop()
                try await provider.stop()
                throw error
            }
            #expect(weir.isRunning)
            try await weir.stop()
            try await provider.stop()
        }

        /// One GET, answered by a connection of its own.
        func get(_ target: String = "/") async throws -> RawResponse {
            let address = try await weir.address(of: "provider", within: Stand.patience)
            return try await HTTPCall.get(address, target, within: Stand.patience)
        }

        /// How the connections of so many calls came about, made one after the other.
        func handshakes(_ count: Int, _ target: String = "/") async throws -> [String] {
            var all: [String] = []
            for _ in 0..<count { all.append(try await get(target).text) }
            return all
        }

        /// Makes as many calls, one after the other, and expects their connections to come about so.
        func expect(
            _ expected: [String], _ target: String = "/", sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let handshakes = try await handshakes(expected.count, target)
            #expect(handshakes == expected, sourceLocation: sourceLocation)
        }

        /// Has the provider show another certificate from now on, and know its tickets as before.
        func show(_ other: Certificates.Identity) throws {
            for (from, to) in [(other.certificate, identity.certificate), (other.key, identity.key)] {
                try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: to))
            }
        }

        /// Has weir trust another file.
        func trust(_ authority: String) async throws {
            try weir.writeConfiguration(Self.configuration(url, authority))
            let admin = try await weir.adminAddress(within: Stand.patience)
            #expect(try await HTTPCall.post(admin, "/-/reload", within: Stand.patience).status == 202)
        }

        private static func configuration(_ url: String, _ authority: String) -> String {
            """
            admin: { listen: "127.0.0.1:0", allow_changes: true }
            upstreams:
              - name: provider
                listen: "127.0.0.1:0"
                url: "\(url)"
                ca_file: "\(authority)"
                retry: off
                breaker: off
            """
        }
    }
}
