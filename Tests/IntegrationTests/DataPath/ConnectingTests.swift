import NIOCore
import Testing
import WeirTestKit

extension DataPath {
    @Suite("Connections that are needed at once")
    struct ConnectingTests {
        private static let count = 20

        @Test("are opened at once, for calls and for calls sent again because kept ones had closed")
        func together() async throws {
            try await Certificates.withAuthority { certificates in
                let identity = try await certificates.identity(names: "IP:127.0.0.1")
                let tls = try identity.configure()
                // No handshake goes on before all of them have begun: one after the other they would wait for ever.
                let crowd = Crowd(of: Self.count)
                try await Bench.run(
                    "ca_file: \(certificates.authority)\nretry: {}", url: { "https://\($0)" },
                    // The second call on each connection waits for an answer that never comes.
                    script: { $0.index / Self.count == 1 ? .hang : .respond(200) },
                    configure: { channel in
                        try channel.pipeline.syncOperations.addHandler(CrowdMember(crowd))
                        try tls(channel)
                    }
                ) { bench in
                    var callers: [RawClient] = []
                    for _ in 0..<Self.count {
                        let caller = try await bench.caller()
                        try await caller.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n")
                        callers.append(caller)
                    }
                    try await bench.provider.wait(for: "a call on each connection") {
                        $0.requests.count == Self.count
                    }
                    for caller in callers {
                        try await caller.send("done")
                        #expect(try await caller.readResponse().status == 200)
                    }

                    for caller in callers { try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") }
                    try await bench.provider.waitForRequests(2 * Self.count)
                    #expect(bench.provider.record.connections.count == Self.count)
                    crowd.gather(Self.count)
                    bench.provider.closeConnections()
                    for caller in callers {
                        let answer = try await caller.readResponse()
                        #expect(answer.status == 200)
                        #expect(answer["Weir-Attempts"] == "2")
                    }
                    #expect(bench.provider.record.connections.count == 2 * Self.count)
                }
            }
        }
    }
}
