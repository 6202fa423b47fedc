import Testing
import WeirTestKit

/// HALF_OPEN: how many probes there are, and that their places always come back.
@Suite("Probes")
struct ProbeTests {
    private static let rules = "breaker: { fail_threshold: 1, cooldown: 200ms, min_dwell: 0s }"

    @Test("one at a time: the others are refused while it is in flight")
    func oneAtATime() async throws {
        try await Stand.run(Self.rules, script: { _ in .respond(500) }) { stand in
            try await stand.halfOpen()
            let probe = try await stand.hold("/probe")
            let others = try await stand.burst(8)
            #expect(others.allSatisfy { $0.status == 503 && $0.reason == "circuit_open" })
            #expect(others.allSatisfy { $0.retryAfter ?? 0 >= 1 })
            #expect(stand.upstream.requests.count == 2)
            try await probe.finish()
            #expect(try await probe.response().status == 200)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit() == .closed)
            #expect(metrics.circuitRejections() == 8)
        }
    }

    @Test("a stampede when the cooldown ends lets one through")
    func stampede() async throws {
        try await Stand.run(Self.rules, script: { _ in .respond(500) }) { stand in
            try await stand.halfOpen()
            stand.upstream.setScript { _ in .hang }
            var calls: [OpenCall] = []
            for _ in 0..<8 { calls.append(try await stand.open("/")) }
            try await stand.waitForMetrics("seven refused") { $0.circuitRejections() == 7 }
            #expect(stand.upstream.requests.count == 2)
            for call in calls { await call.hangUp() }
        }
    }

    @Test("a probe whose caller hangs up gives its place back")
    func caller() async throws {
        try await Stand.run(Self.rules, script: { _ in .respond(500) }) { stand in
            try await stand.halfOpen()
            let probe = try await stand.hold("/probe")
            await probe.hangUp()
            let after = try await stand.waitForMetrics("the cancelled probe") { $0.outcomes("cancelled") == 1 }
            #expect(after.circuit() == .halfOpen)
            #expect(try await stand.get("/").status == 200)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit() == .closed)
            #expect(metrics.moves("half_open", "open") == 0)
        }
    }

    @Test("a probe without an outcome fails when probe_timeout is over")
    func probeTimeout() async throws {
        let rules = "breaker: { fail_threshold: 1, cooldown: 200ms, min_dwell: 0s, probe_timeout: 200ms }"
        try await Stand.run(rules, script: { _ in .respond(500) }) { stand in
            try await stand.halfOpen()
            let probe = try await stand.hold("/probe")
            try await stand.waitForMetrics("the probe to fail") { $0.moves("half_open", "open") == 1 }
            try await stand.waitForCircuit(.halfOpen)
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.metrics().circuit() == .closed)
            await probe.hangUp()
        }
    }

    @Test("a probe whose connection is refused opens the circuit again")
    func refusedProbe() async throws {
        try await Stand.run(Self.rules, script: { _ in ScriptedReply.respond(500).thenClose() }) { stand in
            try await stand.halfOpen()
            await stand.upstream.stop()
            #expect(try await stand.get("/").status == 502)
            let metrics = try await stand.metrics()
            #expect(metrics.moves("half_open", "open") == 1)
            #expect(metrics.failures("connect") == 1)
        }
    }

    @Test("a probe that a limit holds back takes no place", arguments: ["reject", "wait"])
    func limitedProbe(onLimit: String) async throws {
        let rules = """
            breaker: { scope: upstream, fail_threshold: 1, cooldown: 200ms, min_dwell: 0s }
            timeouts: { request: 200s }
            queue: { max_wait: 190s }
            endpoints:
              - name: limited
                match: { path: /limited }
                limits: [{ name: few, algorithm: sliding_window, requests: 1, per: 60s, on_limit: \(onLimit) }]
            """
        try await Stand.run(rules, script: { _ in .respond(500) }) { stand in
            try await stand.halfOpen("/limited", circuit: "")
            let held = try await stand.open("/limited")
            if onLimit == "reject" {
                #expect(try await held.response().reason == "rate_limited")
            } else {
                try await stand.waitForLine(1)
            }
            #expect(try await stand.metrics().circuit("") == .halfOpen)
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.metrics().circuit("") == .closed)
            await held.hangUp()
        }
    }

    @Test("probe_count successes and half_open_dwell must both be seen before it closes")
    func countAndDwell() async throws {
        let rules = """
            breaker: { fail_threshold: 1, cooldown: 200ms, min_dwell: 0s, probe_count: 2, half_open_dwell: 1s }
            """
        try await Stand.run(rules, script: { _ in .respond(500) }) { stand in
            try await stand.halfOpen()
            let probes = [try await stand.hold("/1"), try await stand.hold("/2")]
            #expect(try await stand.get("/3").reason == "circuit_open")
            for probe in probes {
                try await probe.finish()
                #expect(try await probe.response().status == 200)
            }
            // By timer, without further traffic.
            try await stand.waitForCircuit(.closed)
            let metrics = try await stand.metrics()
            #expect(metrics.moves("half_open", "closed") == 1)
            #expect(stand.upstream.requests.count == 3)
        }
    }
}

extension Stand {
    /// Opens the circuit with one failure and waits until it is half-open; from then on the provider is well.
    fileprivate func halfOpen(_ target: String = "/", circuit: String = "other") async throws {
        _ = try await get(target)
        upstream.setScript { _ in .respond(200) }
        try await waitForCircuit(.halfOpen, endpoint: circuit)
    }
}
