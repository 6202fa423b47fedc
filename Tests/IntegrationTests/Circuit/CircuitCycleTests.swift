import Testing
import WeirTestKit

/// A circuit from CLOSED to OPEN, HALF_OPEN and back, driven by what a provider does.
@Suite("A circuit and its provider")
struct CircuitCycleTests {
    @Test("opens at the threshold, refuses while open, half-opens without traffic and closes after a good probe")
    func fullCycle() async throws {
        let rules = "breaker: { fail_threshold: 3, cooldown: 2s, min_dwell: 0s }"
        try await Stand.run(rules, script: { _ in .respond(500, body: "broken") }) { stand in
            for failures in 1...3 {
                let before = try await stand.metrics()
                #expect(before.circuit() == .closed)
                #expect(before.failures("500") == Double(failures - 1))
                let answer = try await stand.get("/")
                #expect(answer.status == 500)
                #expect(answer.text == "broken")
                #expect(answer.reason == nil)
            }
            let refused = try await stand.get("/")
            #expect(refused.status == 503)
            #expect(refused.reason == "circuit_open")
            #expect((1...2).contains(refused.retryAfter ?? 0))
            #expect(refused["Content-Type"] == "application/problem+json")
            #expect(refused["Weir-Limit"] == nil)
            #expect(stand.upstream.requests.count == 3)

            let open = try await stand.metrics()
            #expect(open.moves("closed", "open") == 1)
            #expect(open.failures("500") == 3)
            #expect(open.circuitRejections() == 1)
            #expect(open.outcomes("upstream_error") == 3)
            #expect(open.outcomes("circuit_open") == 1)

            try await stand.waitForCircuit(.halfOpen)
            #expect(stand.upstream.requests.count == 3)
            stand.upstream.setScript { _ in .respond(200, body: "well again") }
            #expect(try await stand.get("/").text == "well again")
            let closed = try await stand.metrics()
            #expect(closed.circuit() == .closed)
            #expect(closed.moves("open", "half_open") == 1)
            #expect(closed.moves("half_open", "closed") == 1)
            #expect(closed.moves("half_open", "open") == 0)
            #expect(closed.outcomes("success") == 1)
        }
    }

    @Test("says in the status and in the log what it does")
    func statusAndLog() async throws {
        let rules = "breaker: { fail_threshold: 2, cooldown: 30s }"
        try await Stand.run(rules, script: { _ in .respond(503) }) { stand in
            #expect(try await stand.get("/").status == 503)
            let closed = try await stand.upstreamStatus()
            #expect(closed["status"] == .string("pass"))
            let before = closed["endpoints"].named("other")["circuit"]
            #expect(before["state"] == .string("closed"))
            #expect(before["failures_in_window"] == .number(1))
            #expect(before["fail_threshold"] == .number(2))
            #expect(before["next_probe_in_ms"] == .null)

            #expect(try await stand.get("/").status == 503)
            let open = try await stand.status()
            #expect(open["status"] == .string("warn"))
            let upstream = open["upstreams"][0]
            #expect(upstream["status"] == .string("warn"))
            #expect(upstream["reasons"] == .array([.string("circuit_open:other")]))
            let circuit = upstream["endpoints"].named("other")["circuit"]
            #expect(circuit["state"] == .string("open"))
            #expect(circuit["transitions"] == .number(1))
            #expect((1...30_000).contains(circuit["next_probe_in_ms"].number ?? 0))
            #expect(circuit["since"].string?.hasSuffix("Z") == true)
            let line = LogLine(try await stand.weir.waitForLine(containing: "circuit open"))
            #expect(line["upstream"] == "api")
            #expect(line["endpoint"] == "other")
            #expect(line["from"] == "closed")
        }
    }

    @Test("a bad probe opens it again, and a later good one closes it")
    func badProbe() async throws {
        let rules = "breaker: { fail_threshold: 1, cooldown: 300ms, min_dwell: 0s }"
        try await Stand.run(rules, script: { _ in .respond(502) }) { stand in
            #expect(try await stand.get("/").reason == nil)
            try await stand.waitForCircuit(.halfOpen)
            #expect(try await stand.get("/").status == 502)
            try await stand.waitForMetrics("the circuit to open again") { $0.moves("half_open", "open") == 1 }
            try await stand.waitForCircuit(.halfOpen)
            stand.upstream.setScript { _ in .respond(204) }
            #expect(try await stand.get("/").status == 204)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit() == .closed)
            #expect(metrics.moves("closed", "open") == 1)
            #expect(metrics.moves("open", "half_open") == 2)
            #expect(metrics.moves("half_open", "closed") == 1)
        }
    }

    @Test("calls in line when it opens get circuit_open at once")
    func lineWhenItOpens() async throws {
        let rules = """
            breaker: { fail_threshold: 1, cooldown: 100s }
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s, response: 100s }
            queue: { max_wait: 190s }
            """
        try await Stand.run(rules, script: { _ in .respond(500) }) { stand in
            let flying = try await stand.hold("/flying")
            let waiting = [try await stand.open("/1"), try await stand.open("/2")]
            try await stand.waitForLine(2)
            try await flying.finish()
            #expect(try await flying.response().status == 500)
            for call in waiting {
                let refused = try await call.response()
                #expect(refused.status == 503)
                #expect(refused.reason == "circuit_open")
                #expect((1...100).contains(refused.retryAfter ?? 0))
            }
            let metrics = try await stand.metrics()
            #expect(metrics.circuitRejections() == 2)
            #expect(metrics.outcomes("circuit_open") == 2)
            #expect(metrics.sum("mm_queue_length") == 0)
            #expect(stand.upstream.requests.count == 1)
        }
    }

    @Test("an outcome that belongs to an earlier state is ignored")
    func earlierEra() async throws {
        let rules = "breaker: { fail_threshold: 1, cooldown: 300ms, min_dwell: 0s }"
        try await Stand.run(rules, script: { _ in .respond(500) }) { stand in
            let old = try await stand.hold("/old")
            #expect(try await stand.get("/").status == 500)
            try await stand.waitForCircuit(.halfOpen)
            try await old.finish()
            #expect(try await old.response().status == 500)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit() == .halfOpen)
            #expect(metrics.moves("half_open", "open") == 0)
            // It failed all the same, and is counted so.
            #expect(metrics.failures("500") == 2)
        }
    }

    @Test("slow calls open it before they are over")
    func slowCalls() async throws {
        let rules = "breaker: { fail_threshold: 2, slow_call: 100ms, cooldown: 60s }"
        try await Stand.run(rules, script: { _ in .hang }) { stand in
            let slow = [try await stand.open("/1"), try await stand.open("/2")]
            try await stand.waitForCircuit(.open)
            let metrics = try await stand.metrics()
            #expect(metrics.failures("slow") == 2)
            #expect(try await stand.upstreamStatus()["endpoints"].named("other")["in_flight"] == .number(2))
            #expect(try await stand.get("/").reason == "circuit_open")
            for call in slow { await call.hangUp() }
        }
    }
}
