import NIOCore
import NIOSSL
import Testing
import WeirTestKit

extension DataPath {
    @Suite("TLS to a provider")
    struct TLSTests {
        @Test("carries calls where ca_file vouches for the name or the address", arguments: ["localhost", "127.0.0.1"])
        func trusted(host: String) async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "DNS:localhost,IP:127.0.0.1")
                try await Bench.run(
                    "ca_file: \(certificates.authority)", url: { "https://\(host):\($0.port ?? 0)" },
                    configure: try identity.configure()
                ) { bench in
                    let caller = try await bench.caller()
                    for length in [1, 200_000] {
                        let body = String(repeating: "t", count: length)
                        try await caller.send("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n\(body)")
                        #expect(try await caller.readResponse().text == "ok")
                    }
                    #expect(bench.provider.requests.map(\.bodyLength) == [1, 200_000])
                    #expect(bench.provider.requests.map(\.connection) == [0, 0])
                    #expect(bench.provider.requests.first?["Host"] == "\(host):\(bench.provider.port)")
                }
            }
        }

        @Test("works at either version from 1.2 on", arguments: [TLSVersion.tlsv12, .tlsv13])
        func versions(version: TLSVersion) async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "IP:127.0.0.1")
                try await Bench.run(
                    "ca_file: \(certificates.authority)", url: { "https://\($0)" },
                    configure: try identity.configure(minimum: version, maximum: version)
                ) { bench in
                    let response = try await bench.get()
                    #expect(response.text == "ok")
                }
            }
        }

        @Test("refuses a certificate of an unknown authority")
        func unknownAuthority() async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "IP:127.0.0.1")
                try await expectRefused(configure: try identity.configure())
                try await Certificates.withAuthority { others in
                    try await expectRefused("ca_file: \(others.authority)", configure: try identity.configure())
                }
            }
        }

        @Test(
            "refuses a certificate for another name or address",
            arguments: [
                ("localhost", "DNS:provider.example"), ("localhost", "DNS:*.localhost"), ("127.0.0.1", "IP:127.0.0.2"),
                ("127.0.0.1", "DNS:localhost"), ("localhost", "IP:127.0.0.1"),
            ])
        func wrongName(host: String, names: String) async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: names)
                try await expectRefused(
                    "ca_file: \(certificates.authority)", host: host, configure: try identity.configure())
            }
        }

        @Test("refuses a certificate that has the name only as its subject")
        func commonName() async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: nil, commonName: "localhost")
                try await expectRefused(
                    "ca_file: \(certificates.authority)", host: "localhost", configure: try identity.configure())
            }
        }

        @Test("refuses a certificate that has expired")
        func expired() async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "IP:127.0.0.1", days: -1)
                try await expectRefused("ca_file: \(certificates.authority)", configure: try identity.configure())
            }
        }

        @Test("refuses a provider that speaks no version above 1.1")
        func oldVersion() async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "IP:127.0.0.1")
                try await expectRefused(
                    "ca_file: \(certificates.authority)",
                    configure: try identity.configure(minimum: .tlsv1, maximum: .tlsv11))
            }
        }

        @Test("is never left out: a provider that speaks plain HTTP gets no request")
        func plainProvider() async throws {
            let hello: @Sendable (any Channel) throws -> Void = { channel in
                try channel.pipeline.syncOperations.addHandler(FirstBytes { _ in "HTTP/1.1 400 Bad Request\r\n\r\n" })
            }
            try await expectRefused(configure: hello)
        }

        @Test("is given timeouts.connect for its handshake: 504 upstream_timeout")
        func handshakeTimeout() async throws {
            try await Bench.run(
                "timeouts: { connect: 200ms }", url: { "https://\($0)" }, script: { _ in .hang }
            ) { bench in
                let problem = try expectRefusal(try await bench.get(), 504, "upstream_timeout")
                #expect(problem.upstream == "provider")
                try await bench.expectFailure("timeout")
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
            }
        }

        @Test("that ends without notice within a body cuts the response short")
        func truncated() async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "IP:127.0.0.1")
                let tls = try identity.configure()
                let last = Transport.Last()
                // Nothing but its end ends this body, and TCP cannot vouch for that.
                let script: ScriptedUpstream.Script = { _ in .raw("HTTP/1.1 200 OK\r\n\r\nhello").then(.hang) }
                try await Bench.run(
                    "ca_file: \(certificates.authority)", url: { "https://\($0)" }, script: script,
                    configure: { channel in
                        try channel.pipeline.syncOperations.addHandler(Transport(last))
                        try tls(channel)
                    }
                ) { bench in
                    let caller = try await bench.caller()
                    try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try await caller.readHead().status == 200)
                    last.cut()
                    let rest = String(decoding: try await caller.readUntilClose(), as: UTF8.self)
                    #expect(!rest.hasSuffix("0\r\n\r\n"))
                    try await bench.expectFailure("network")
                }
            }
        }

        @Test("that ends in order ends a body that has no other end")
        func ended() async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "IP:127.0.0.1")
                let script: ScriptedUpstream.Script = { _ in .raw("HTTP/1.1 200 OK\r\n\r\nhello").thenClose() }
                try await Bench.run(
                    "ca_file: \(certificates.authority)", url: { "https://\($0)" }, script: script,
                    configure: try identity.configure()
                ) { bench in
                    let response = try await bench.get()
                    #expect(response.text == "hello")
                }
            }
        }

        /// Expects a call to end as unreachable, counted as a TLS failure, and the provider to have seen no request.
        private func expectRefused(
            _ options: String = "", host: String = "127.0.0.1",
            configure: @escaping @Sendable (any Channel) throws -> Void,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            try await Bench.run(options, url: { "https://\(host):\($0.port ?? 0)" }, configure: configure) { bench in
                let response = try await bench.get()
                try expectRefusal(response, 502, "upstream_unreachable", sourceLocation: sourceLocation)
                // A ClientHello is random enough to hold a blank line now and then, so heads found are no evidence.
                let received = bench.provider.record.connections.map { String(decoding: $0.bytes, as: UTF8.self) }
                #expect(!received.contains { $0.contains("HTTP/1.1") }, sourceLocation: sourceLocation)
                try await bench.expectFailure("tls", sourceLocation: sourceLocation)
            }
        }
    }
}
