import Testing
import WeirTestKit

/// What counts as a failure of the provider, and what does not.
@Suite("Failures of a provider")
struct FailureTests {
    @Test(
        "429 and every 5xx count, each by its code",
        arguments: [
            (429, "429"), (500, "500"), (502, "502"), (503, "503"), (504, "504"), (501, "5xx"), (599, "5xx"),
        ])
    func statuses(status: Int, code: String) async throws {
        try await Stand.run("breaker: { fail_threshold: 1 }", script: { _ in .respond(status) }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == status)
            #expect(answer.reason == nil)
            let metrics = try await stand.metrics()
            #expect(metrics.failures(code) == 1)
            #expect(metrics.sum("mm_api_failures_total") == 1)
            #expect(metrics.outcomes("upstream_error") == 1)
            #expect(metrics.circuit() == .open)
        }
    }

    @Test("other statuses are successes of the provider", arguments: [200, 204, 301, 400, 401, 403, 404, 422])
    func noFailures(status: Int) async throws {
        try await Stand.run("breaker: { fail_threshold: 1 }", script: { _ in .respond(status) }) { stand in
            for _ in 0..<3 { #expect(try await stand.get("/").status == status) }
            let metrics = try await stand.metrics()
            #expect(metrics.outcomes(status < 400 ? "success" : "client_error") == 3)
            #expect(metrics.sum("mm_api_failures_total") == 0)
            #expect(metrics.circuit() == .closed)
        }
    }

    @Test("a refused connection counts, and spends no unit of a limit")
    func refusedConnect() async throws {
        let rules = """
            breaker: { fail_threshold: 3 }
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            """
        try await Stand.run(rules) { stand in
            await stand.upstream.stop()
            for _ in 0..<3 {
                let answer = try await stand.get("/")
                #expect(answer.status == 502)
                #expect(answer.reason == "upstream_unreachable")
            }
            #expect(try await stand.get("/").reason == "circuit_open")
            let metrics = try await stand.metrics()
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(0))
            #expect(metrics.failures("connect") == 3)
            #expect(metrics.sum("mm_api_failures_total") == 3)
            #expect(metrics.outcomes("network_error") == 3)
            #expect(metrics.circuit() == .open)
        }
    }

    @Test("a connection that fails ahead of its turn refuses nobody in line")
    func failedAhead() async throws {
        let rules = """
            breaker: { fail_threshold: 1 }
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s }
            queue: { max_wait: 190s }
            """
        try await Stand.run(rules, script: { _ in ScriptedReply.respond(200).thenClose() }) { stand in
            #expect(try await stand.get("/").status == 200)
            await stand.upstream.stop()
            let waiting = try await stand.open("/")
            try await stand.waitForLine(1)
            try await Task.sleep(for: .milliseconds(100))
            let metrics = try await stand.metrics()
            #expect(metrics.sum("mm_queue_length") == 1)
            #expect(metrics.circuit() == .closed)
            await waiting.hangUp()
        }
    }

    @Test("a connection that breaks before the answer counts", arguments: [ScriptedReply.closeWithoutAnswer, .reset])
    func brokenConnection(reply: ScriptedReply) async throws {
        try await Stand.run("breaker: { fail_threshold: 1 }", script: { _ in reply }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 502)
            let metrics = try await stand.metrics()
            #expect(metrics.failures("network") == 1)
            #expect(metrics.sum("mm_api_failures_total") == 1)
            #expect(metrics.outcomes("network_error") == 1)
            #expect(metrics.circuit() == .open)
        }
    }

    @Test("an answer that does not come in time counts")
    func responseTimeout() async throws {
        let rules = """
            breaker: { fail_threshold: 1 }
            timeouts: { response: 200ms }
            """
        try await Stand.run(rules, script: { _ in .hang }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 504)
            #expect(answer.reason == "upstream_timeout")
            let metrics = try await stand.metrics()
            #expect(metrics.failures("timeout") == 1)
            #expect(metrics.outcomes("timeout") == 1)
            #expect(metrics.circuit() == .open)
        }
    }

    @Test("a call cut by its own deadline before the response timeout had run is neither failure nor success")
    func requestTimeout() async throws {
        let rules = """
            breaker: { fail_threshold: 1 }
            timeouts: { request: 300ms, response: 100s }
            queue: { max_wait: 100ms }
            """
        try await Stand.run(rules, script: { _ in .hang }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 504)
            #expect(answer.reason == "upstream_timeout")
            let metrics = try await stand.metrics()
            #expect(metrics.sum("mm_api_failures_total") == 0)
            #expect(metrics.outcomes("timeout") == 1)
            #expect(metrics.circuit() == .closed)
        }
    }

    @Test("a call that its caller gives up is neither")
    func cancelled() async throws {
        try await Stand.run("breaker: { fail_threshold: 1 }", script: { _ in .hang }) { stand in
            let call = try await stand.open("/")
            try await stand.upstream.waitForRequests(1, within: Stand.patience)
            await call.hangUp()
            let metrics = try await stand.waitForMetrics("the cancelled call") { $0.outcomes("cancelled") == 1 }
            #expect(metrics.sum("mm_api_failures_total") == 0)
            #expect(metrics.circuit() == .closed)
            try await stand.upstream.wait(for: "the connection to close", within: Stand.patience) {
                $0.openConnections == 0
            }
            #expect(try await stand.upstreamStatus()["endpoints"].named("other")["in_flight"] == .number(0))
        }
    }

    @Test("Weir's own refusals are no failures of the provider")
    func ownRefusals() async throws {
        let rules = """
            breaker: { fail_threshold: 1 }
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            queue: { max_wait: 0s }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/").status == 200)
            for _ in 0..<5 { #expect(try await stand.get("/").reason == "rate_limited") }
            for _ in 0..<5 { #expect(try await stand.get("/", headers: ["Weir-Cost: none"]).reason == "bad_request") }
            let metrics = try await stand.metrics()
            #expect(metrics.circuit() == .closed)
            #expect(metrics.sum("mm_api_failures_total") == 0)
            let circuit = try await stand.upstreamStatus()["endpoints"].named("other")["circuit"]
            #expect(circuit["failures_in_window"] == .number(0))
        }
    }
}
