import Testing
import WeirTestKit

/// A kept connection that its provider closes in the very moment when a request is on its way.
@Suite("Connections that close under a request")
struct ReplayTests {
    /// Serves one request on each connection, and closes, or resets, on receiving the next.
    private static func once(_ ending: ScriptedReply) -> ScriptedUpstream.Script {
        { $0.indexOnConnection == 0 ? .respond(200) : ending }
    }

    private static let rules = """
        retry: { budget: { ratio: 0, min_per_second: 0 } }
        breaker: { fail_threshold: 1 }
        limits: [{ name: ip, algorithm: sliding_window, requests: 1000, per: 60s }]
        """

    @Test(
        "a GET goes out again at once, on a fresh connection, and nothing has failed",
        arguments: [ScriptedReply.closeWithoutAnswer, .reset])
    func replay(ending: ScriptedReply) async throws {
        try await Stand.run(Self.rules, script: Self.once(ending)) { stand in
            #expect(try await stand.get("/first")["Weir-Attempts"] == "1")
            let answer = try await stand.get("/second")
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            let requests = stand.upstream.requests
            #expect(requests.map(\.target) == ["/first", "/second", "/second"])
            #expect(requests.map(\.connection) == [0, 0, 1])
            let metrics = try await stand.metrics()
            #expect(metrics.sum("mm_api_failures_total") == 0)
            #expect(metrics.circuit() == .closed)
            #expect(metrics.outcomes("success") == 2)
            #expect(metrics.sum("mm_retry_budget_exhausted_total") == 0)
            // Every attempt is admitted anew.
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(3))
        }
    }

    @Test("call after call")
    func oneAfterAnother() async throws {
        try await Stand.run(Self.rules, script: Self.once(.closeWithoutAnswer)) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            for number in 0..<50 {
                try await client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n", within: Stand.patience)
                let answer = try await client.readResponse(within: Stand.patience)
                #expect(answer.status == 200)
                #expect(answer["Weir-Attempts"] == (number == 0 ? "1" : "2"))
            }
            #expect(try await stand.metrics().sum("mm_api_failures_total") == 0)
            await client.close()
        }
    }

    @Test("many at once")
    func manyAtOnce() async throws {
        try await Stand.run(Self.rules, script: Self.once(.closeWithoutAnswer)) { stand in
            for _ in 0..<3 {
                let answers = try await stand.burst(20)
                #expect(answers.count == 20)
                #expect(answers.allSatisfy { $0.status == 200 && ["1", "2"].contains($0["Weir-Attempts"]) })
            }
            let metrics = try await stand.metrics()
            #expect(metrics.sum("mm_api_failures_total") == 0)
            #expect(metrics.outcomes("success") == 60)
            #expect(try await stand.upstreamStatus()["connections"]["active"] == .number(0))
        }
    }

    @Test("within a pool of one connection")
    func smallPool() async throws {
        let rules = Self.rules + "\npool: { max_connections: 1 }"
        try await Stand.run(rules, script: Self.once(.closeWithoutAnswer)) { stand in
            let answers = try await stand.burst(5)
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(stand.upstream.record.openConnections <= 1)
        }
    }

    @Test("a POST is not sent again: the provider may have acted on it")
    func unsafeMethod() async throws {
        try await Stand.run(Self.rules, script: Self.once(.closeWithoutAnswer)) { stand in
            #expect(try await stand.get("/first").status == 200)
            let answer = try await stand.post("/order")
            #expect(answer.status == 502)
            #expect(answer.reason == "upstream_unreachable")
            #expect(stand.upstream.requests.count { $0.method == "POST" } == 1)
        }
    }

    @Test("a POST with an Idempotency-Key is, body and all")
    func idempotent() async throws {
        try await Stand.run(Self.rules, script: Self.once(.closeWithoutAnswer)) { stand in
            #expect(try await stand.get("/first").status == 200)
            let answer = try await stand.post("/order", body: "buy", headers: ["Idempotency-Key: k"])
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            #expect(stand.upstream.requests.dropFirst().map(\.text) == ["buy", "buy"])
        }
    }
}
