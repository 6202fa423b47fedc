import Testing
import WeirTestKit

extension DataPath {
    @Suite("An upgrade")
    struct UpgradeTests {
        private static let offer =
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        private static let accepted: ScriptedUpstream.Script = { _ in
            .upgrade(headers: ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBi"])
        }

        @Test("to WebSocket becomes a tunnel for both sides, until the caller closes it")
        func tunnel() async throws {
            try await Bench.run(script: Self.accepted) { bench in
                let (response, caller) = try await bench.send(Self.offer)
                #expect(response.status == 101)
                #expect(response["Upgrade"]?.lowercased() == "websocket")
                #expect(response["Connection"]?.lowercased() == "upgrade")
                #expect(response["Sec-WebSocket-Accept"] == "s3pPLMBi")
                let request = try #require(bench.provider.requests.first)
                #expect(request["Upgrade"] == "websocket")
                #expect(request["Connection"]?.lowercased() == "upgrade")
                #expect(request["Sec-WebSocket-Key"] == "dGhlIHNhbXBsZSBub25jZQ==")

                for size in [1, 125, 70_000] {
                    let frame = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                    try await caller.send(frame)
                    var echo: [UInt8] = []
                    while echo.count < size { echo += try await nonEmpty(caller.readSome()) }
                    #expect(echo == frame)
                }
                await caller.close()
                try await bench.provider.wait(for: "the tunnel to close") { $0.openConnections == 0 }
            }
        }

        @Test("to WebSocket ends when the provider closes the tunnel")
        func providerCloses() async throws {
            try await Bench.run(script: Self.accepted) { bench in
                let (_, caller) = try await bench.send(Self.offer)
                try await caller.send("ping")
                #expect(try await caller.readSome() == Array("ping".utf8))
                bench.provider.closeConnections()
                #expect(try await caller.readUntilClose() == [])
            }
        }

        @Test("to WebSocket passes what the caller sends right behind its request")
        func earlyBytes() async throws {
            try await Bench.run(script: Self.accepted) { bench in
                let (response, caller) = try await bench.send(Self.offer + "early")
                #expect(response.status == 101)
                var echo: [UInt8] = []
                while echo.count < 5 { echo += try await nonEmpty(caller.readSome()) }
                #expect(String(decoding: echo, as: UTF8.self) == "early")
            }
        }

        @Test("to WebSocket that the provider declines is an ordinary call")
        func declined() async throws {
            try await Bench.run(script: { _ in .respond(426, body: "not here") }) { bench in
                let (response, caller) = try await bench.send(Self.offer)
                #expect(response.status == 426)
                #expect(response.text == "not here")
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().status == 426)
                #expect(bench.provider.record.connections.count == 1)
            }
        }

        @Test(
            "to anything else is not passed on, and the call goes on without it",
            arguments: [
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
                "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
                "Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
            ])
        func others(fields: String) async throws {
            try await Bench.run { bench in
                let (response, caller) = try await bench.send("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
                #expect(response.text == "ok")
                let request = try #require(bench.provider.requests.first)
                #expect(request.headers.fields.map(\.name) == ["host"])
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().text == "ok")
            }
        }

        /// `bytes`, or an error where the peer has closed.
        private func nonEmpty(_ bytes: [UInt8]) throws -> [UInt8] {
            guard !bytes.isEmpty else { throw Unexpected("the tunnel closed") }
            return bytes
        }
    }
}
