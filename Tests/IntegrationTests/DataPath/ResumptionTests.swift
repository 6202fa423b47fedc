import Foundation
import Testing
import WeirTestKit

extension DataPath {
    @Suite("A TLS session")
    struct ResumptionTests {
        @Test(
            "is resumed by the next connection, which is verified like the first",
            arguments: ClosingProvider.Version.allCases)
        func resumed(version: ClosingProvider.Version) async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "DNS:localhost")
                try await ClosingProvider.run(version, identity, trusting: certificates.authority) { provider in
                    try await provider.expect(["full"] + Array(repeating: "resumed", count: 11))
                }
            }
        }

        @Test("that the provider has forgotten is one without loss", arguments: ClosingProvider.Version.allCases)
        func forgotten(version: ClosingProvider.Version) async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "DNS:localhost")
                try await ClosingProvider.run(version, identity, trusting: certificates.authority) { provider in
                    try await provider.expect(["full"])
                    try await provider.expect(["resumed"], "/forget")
                    // With TLS 1.3 another of its former tickets is left; the newest are tried first.
                    try await provider.expect(["full", "resumed", "resumed", "resumed"])
                }
            }
        }

        @Test("serves many connections that are made at once", arguments: ClosingProvider.Version.allCases)
        func crowd(version: ClosingProvider.Version) async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "DNS:localhost")
                try await ClosingProvider.run(version, identity, trusting: certificates.authority) { provider in
                    for round in 0..<3 {
                        let handshakes = try await withThrowingTaskGroup(of: String.self) { calls in
                            for _ in 0..<24 { calls.addTask { try await provider.get().text } }
                            return try await calls.reduce(into: []) { $0.append($1) }
                        }
                        #expect(handshakes.allSatisfy { $0 == "full" || $0 == "resumed" })
                        #expect(round == 0 || handshakes.contains("resumed"))
                    }
                }
            }
        }

        @Test(
            "given under another's name is not offered to whoever has the right one",
            arguments: ClosingProvider.Version.allCases)
        func wrongName(version: ClosingProvider.Version) async throws {
            try await Certificates.withAuthority { certificates in
                let wrong = try await certificates.identity(names: "DNS:provider.example")
                let right = try await certificates.identity(names: "DNS:localhost")
                try await ClosingProvider.run(version, wrong, trusting: certificates.authority) { provider in
                    try expectRefusal(try await provider.get(), 502, "upstream_unreachable")
                    try provider.show(right)
                    try await provider.expect(["full", "resumed"])
                }
            }
        }

        @Test("is not resumed once its certificate has expired", arguments: ClosingProvider.Version.allCases)
        func expired(version: ClosingProvider.Version) async throws {
            try await Certificates.withAuthority { certificates in
                // As short as the machine allows: two calls have to be made before it ends.
                for lifetime in [4.0, 16, 64] {
                    let end = Date.now + lifetime
                    let identity = try await certificates.identity(names: "DNS:localhost", until: end)
                    var first: [String] = []
                    try await ClosingProvider.run(version, identity, trusting: certificates.authority) { provider in
                        first = try await provider.handshakes(2)
                        try await Task.sleep(for: .seconds(max(0, end.timeIntervalSinceNow + 2)))
                        try expectRefusal(try await provider.get(), 502, "upstream_unreachable")
                        try provider.show(try await certificates.identity(names: "DNS:localhost"))
                        try await provider.expect(["full", "resumed"])
                    }
                    if first == ["full", "resumed"] { return }
                }
                Issue.record("nothing was resumed while the certificate was valid")
            }
        }

        @Test("does not outlive the trust roots it was given under", arguments: ClosingProvider.Version.allCases)
        func otherRoots(version: ClosingProvider.Version) async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "DNS:localhost")
                try await Certificates.withAuthority { others in
                    try await ClosingProvider.run(version, identity, trusting: certificates.authority) { provider in
                        try await provider.expect(["full", "resumed"])
                        try await provider.trust(others.authority)
                        try expectRefusal(try await provider.get(), 502, "upstream_unreachable")
                        try await provider.trust(certificates.authority)
                        try await provider.expect(["full", "resumed"])
                    }
                }
            }
        }
    }
}
