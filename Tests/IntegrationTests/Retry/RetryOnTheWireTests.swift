import Testing
import WeirTestKit

/// What a retry makes of connections, bodies and interim responses that are half way.
@Suite("Retries on the wire")
struct RetryOnTheWireTests {
    private static let quick = "retry: { initial_delay: 10ms, jitter: 0 }"

    @Test("an answer that is not forwarded is read to its end, and its connection used again")
    func connectionKept() async throws {
        let script: ScriptedUpstream.Script = {
            $0.index == 0 ? .respond(503, body: String(repeating: "x", count: 10_000)) : .respond(200)
        }
        try await Stand.run(Self.quick, script: script) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(stand.upstream.requests.map(\.connection) == [0, 0])
        }
    }

    @Test("one that never ends holds up nobody, not even where it has the only connection", arguments: [100, 1])
    func endlessAnswer(connections: Int) async throws {
        let rules = Self.quick + "\npool: { max_connections: \(connections) }"
        let script: ScriptedUpstream.Script = {
            guard $0.index == 0 else { return .respond(200, body: "well") }
            return ScriptedReply.raw("HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\nhalf").then(.hang)
        }
        try await Stand.run(rules, script: script) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(answer.text == "well")
            #expect(stand.upstream.requests.map(\.connection) == [0, 1])
            try await stand.upstream.wait(for: "the first connection to close", within: Stand.patience) {
                !$0.connections[0].isOpen
            }
        }
    }

    @Test("a caller that waits to be told to send its body is told by the attempt that wants it")
    func expectation() async throws {
        let script: ScriptedUpstream.Script = {
            guard $0.index > 0 else { return .respond(503) }
            return ScriptedReply.raw("HTTP/1.1 100 Continue\r\n\r\n").then(.hang)
        }
        try await Stand.run(Self.quick, answering: .atHead, script: script) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            let head = "POST / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\nContent-Length: 5\r\n"
            try await client.send(head + "Expect: 100-continue\r\n\r\n", within: Stand.patience)
            #expect(try await client.readHead(within: Stand.patience).status == 100)
            try await client.send("hello", within: Stand.patience)
            try await stand.upstream.wait(for: "the body", within: Stand.patience) { $0.completeRequests == 1 }
            #expect(stand.upstream.requests.map(\.text) == ["", "hello"])
            await client.close()
        }
    }

    @Test("answers come in the order of the requests, whichever of them is tried again")
    func pipelined() async throws {
        let script: ScriptedUpstream.Script = { request in
            request.target == "/1" && request.index == 0 ? .respond(503) : .respond(200, body: request.target)
        }
        try await Stand.run(Self.quick, script: script) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            let requests = (1...3).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            try await client.send(requests, within: Stand.patience)
            for (body, attempts) in [("/1", "2"), ("/2", "1"), ("/3", "1")] {
                let answer = try await client.readResponse(within: Stand.patience)
                #expect(answer.text == body)
                #expect(answer["Weir-Attempts"] == attempts)
            }
            await client.close()
        }
    }

    @Test("an upgrade that fails at first is a tunnel in the end")
    func upgrade() async throws {
        let fields = ["Connection: Upgrade", "Upgrade: websocket"]
        let script: ScriptedUpstream.Script = { $0.index == 0 ? .respond(503) : .upgrade(headers: fields) }
        try await Stand.run(Self.quick, script: script) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            let head = (["GET / HTTP/1.1", "Host: a"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
            try await client.send(head, within: Stand.patience)
            #expect(try await client.readResponse(within: Stand.patience).status == 101)
            try await client.send("ping", within: Stand.patience)
            #expect(try await client.readSome(within: Stand.patience) == Array("ping".utf8))
            await client.close()
        }
    }

    @Test("a HEAD is tried again and has no body")
    func head() async throws {
        let script: ScriptedUpstream.Script = {
            .respond($0.index == 0 ? 503 : 200, body: "12345", headOnly: true)
        }
        try await Stand.run(Self.quick, script: script) { stand in
            let answer = try await HTTPCall.send("HEAD", stand.address, "/", within: Stand.patience)
            #expect(answer.status == 200)
            #expect(answer["Content-Length"] == "5")
            #expect(answer["Weir-Attempts"] == "2")
            #expect(stand.upstream.requests.map(\.connection) == [0, 0])
        }
    }

    @Test("a probe that fails is not tried again")
    func probe() async throws {
        let rules = Self.quick + "\nbreaker: { fail_threshold: 1, cooldown: 200ms, min_dwell: 0s }"
        try await Stand.run(rules, script: { _ in .respond(503) }) { stand in
            for count in 1...2 {
                let answer = try await stand.get("/")
                #expect(answer.status == 503)
                #expect(answer.reason == nil)
                #expect(stand.upstream.requests.count == count)
                try await stand.waitForCircuit(.halfOpen)
            }
        }
    }

    @Test("a call in backoff when its circuit opens is refused by it and not sent")
    func circuitOpensInBackoff() async throws {
        let rules = """
            retry: { initial_delay: 1s, jitter: 0 }
            breaker: { fail_threshold: 2, cooldown: 60s }
            """
        try await Stand.run(rules, script: { _ in .respond(503) }) { stand in
            let call = try await stand.open("/first")
            try await stand.waitForMetrics("the first failure") { $0.failures("503") == 1 }
            let second = try await stand.get("/second")
            #expect(second.status == 503)
            #expect(second.reason == nil)
            let refused = try await call.response()
            #expect(refused.status == 503)
            #expect(refused.reason == "circuit_open")
            #expect(stand.upstream.requests.map(\.target) == ["/first", "/second"])
            await call.hangUp()
        }
    }
}
