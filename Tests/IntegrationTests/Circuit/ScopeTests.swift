import Testing
import WeirTestKit

/// Whose failures a circuit counts, and whom it holds back.
@Suite("The reach of a circuit")
struct ScopeTests {
    private static let failing: ScriptedUpstream.Script = { .respond($0.target.hasPrefix("/bad") ? 500 : 200) }

    @Test("an endpoint's circuit leaves the others alone")
    func perEndpoint() async throws {
        let rules = """
            breaker: { fail_threshold: 2, cooldown: 30s }
            endpoints: [{ name: orders, match: { path: /bad } }]
            """
        try await Stand.run(rules, script: Self.failing) { stand in
            for _ in 0..<2 { #expect(try await stand.get("/bad").status == 500) }
            #expect(try await stand.get("/bad").reason == "circuit_open")
            #expect(try await stand.get("/good").status == 200)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit("orders") == .open)
            #expect(metrics.circuit("other") == .closed)
            #expect(metrics.circuitRejections("orders") == 1)
            #expect(metrics.circuitRejections("other") == 0)
            #expect(metrics.failures("500", endpoint: "orders") == 2)
            #expect(metrics.failures("500", endpoint: "other") == 0)
        }
    }

    @Test("scope: upstream shares one circuit, whose endpoint label is empty")
    func wholeUpstream() async throws {
        let rules = """
            breaker: { scope: upstream, fail_threshold: 2, cooldown: 30s }
            endpoints: [{ name: orders, match: { path: /bad } }]
            """
        try await Stand.run(rules, script: Self.failing) { stand in
            for _ in 0..<2 { #expect(try await stand.get("/bad").status == 500) }
            let refused = try await stand.get("/good")
            #expect(refused.reason == "circuit_open")
            #expect(try refused.problem()["endpoint"] == .string("other"))
            let metrics = try await stand.metrics()
            #expect(metrics.circuit("") == .open)
            #expect(metrics.moves("closed", "open", endpoint: "") == 1)
            #expect(metrics.samples.count { $0.name == "mm_circuit_state" } == 1)
            #expect(metrics.sum("mm_circuit_rejections_total") == 1)

            let upstream = try await stand.upstreamStatus()
            #expect(upstream["circuit"]["state"] == .string("open"))
            #expect(upstream["endpoints"].elements.allSatisfy { $0["circuit"] == .null })
            #expect(upstream["reasons"] == .array([.string("circuit_open:")]))
        }
    }

    @Test("a call in line for another endpoint is refused when the shared circuit opens, one that bypasses it is not")
    func sharedLine() async throws {
        let rules = """
            breaker: { scope: upstream, fail_threshold: 1, cooldown: 100s }
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s, response: 100s }
            queue: { max_wait: 190s }
            endpoints:
              - { name: cancel, match: { path: /cancel }, bypass_circuit: true }
              - { name: orders, match: { path: /bad } }
            """
        try await Stand.run(rules, script: Self.failing) { stand in
            let flying = try await stand.hold("/bad")
            let waiting = try await stand.open("/good")
            let cancel = try await stand.open("/cancel")
            try await stand.waitForLine(2)
            try await flying.finish()
            #expect(try await waiting.response().reason == "circuit_open")
            let metrics = try await stand.metrics()
            #expect(metrics.sum("mm_queue_length") == 1)
            #expect(metrics.circuitRejections("other") == 1)
            #expect(metrics.circuitRejections("orders") == 0)
            await cancel.hangUp()
            await flying.hangUp()
        }
    }

    @Test("bypass_circuit passes an open circuit, and counts only while it is closed")
    func bypass() async throws {
        let rules = """
            breaker: { scope: upstream, fail_threshold: 2, cooldown: 500ms, min_dwell: 0s }
            endpoints:
              - { name: cancel, match: { path: "/{state}/cancel" }, bypass_circuit: true }
            """
        try await Stand.run(rules, script: Self.failing) { stand in
            #expect(try await stand.get("/bad/cancel").status == 500)
            #expect(try await stand.get("/bad").status == 500)
            // One failure of each: the bypassing call counted while the circuit was closed.
            try await stand.waitForMetrics("the circuit to open") { $0.moves("closed", "open", endpoint: "") == 1 }
            #expect(try await stand.get("/good/cancel").status == 200)
            #expect(try await stand.get("/bad/cancel").status == 500)
            try await stand.waitForCircuit(.halfOpen, endpoint: "")
            #expect(try await stand.get("/bad/cancel").status == 500)
            #expect(try await stand.get("/good/cancel").status == 200)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit("") == .halfOpen)
            #expect(metrics.moves("half_open", "open", endpoint: "") == 0)
            #expect(metrics.moves("half_open", "closed", endpoint: "") == 0)
            #expect(metrics.circuitRejections("cancel") ?? 0 == 0)
        }
    }

    @Test("breaker: off never refuses, and shows no circuit")
    func off() async throws {
        let rules = """
            breaker: { fail_threshold: 1 }
            endpoints: [{ name: orders, match: { path: /bad }, breaker: off }]
            """
        try await Stand.run(rules, script: Self.failing) { stand in
            for _ in 0..<12 {
                let answer = try await stand.get("/bad")
                #expect(answer.status == 500)
                #expect(answer.reason == nil)
            }
            let metrics = try await stand.metrics()
            #expect(metrics.circuit("orders") == nil)
            #expect(metrics.circuit("other") == .closed)
            #expect(metrics.failures("500", endpoint: "orders") == 12)
            #expect(try await stand.upstreamStatus()["endpoints"].named("orders")["circuit"] == .null)
        }
    }
}
