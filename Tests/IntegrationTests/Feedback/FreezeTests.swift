import Testing
import WeirTestKit

/// A provider that says stop.
@Suite("Stops and bans")
struct FreezeTests {
    /// Says stop on `/stop`, with this status and these headers.
    private static func stopping(_ status: Int, _ headers: [String] = []) -> ScriptedUpstream.Script {
        { $0.target.hasPrefix("/stop") ? .respond(status, headers: headers) : .respond(200) }
    }

    private static let impatient = ["Weir-Max-Wait: 100ms"]

    @Test("a 429 with Retry-After stops the whole upstream: who cannot wait so long is refused")
    func freeze() async throws {
        let script = Self.stopping(429, ["Retry-After: 30"])
        try await Stand.run(script: script) { stand in
            #expect(try await stand.metrics().frozenSeconds() == 0)
            let told = try await stand.get("/stop")
            #expect(told.status == 429)
            #expect(told.reason == nil)
            #expect(told.retryAfter == 30)

            let refused = try await stand.get("/", headers: Self.impatient)
            #expect(refused.status == 429)
            #expect(refused.reason == "frozen")
            #expect(refused["Weir-Limit"] == nil)
            #expect((1...30).contains(refused.retryAfter ?? 0))
            // Beyond max_wait as well, without any wish.
            #expect(try await stand.get("/").reason == "frozen")
            #expect(stand.upstream.requests.count == 1)

            let upstream = try await stand.upstreamStatus()
            #expect((1...30_000).contains(upstream["frozen_for_ms"].number ?? 0))
            #expect(upstream["banned"] == .bool(false))
            #expect(upstream["status"] == .string("warn"))
            #expect(upstream["reasons"] == .array([.string("frozen")]))
            let metrics = try await stand.metrics()
            #expect((0.001...30).contains(metrics.frozenSeconds() ?? 0))
            #expect(metrics.rejections("frozen") == 2)
            #expect(metrics.rejections("rate_limited") == 0)
            #expect(metrics.hits() == 2)
            #expect(metrics.outcomes("rate_limited") == 2)
            let event = try #require(try await stand.events(1).first)
            #expect(event.type == "freeze")
            #expect(event.data["upstream"] == .string("api"))
            #expect(event.data["status"] == .number(429))
            #expect((29...30).contains(event.data["seconds"].number ?? 0))
        }
    }

    @Test("who can wait goes on when the stop is over")
    func thaw() async throws {
        try await Stand.run(script: Self.stopping(429, ["Retry-After: 1"])) { stand in
            #expect(try await stand.get("/stop").status == 429)
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(answer["Weir-Wait-Ms"].flatMap { Double($0) } ?? 0 > 0)
            let arrivals = stand.upstream.requests.map(\.arrival)
            try #require(arrivals.count == 2)
            #expect(arrivals[1] - arrivals[0] >= 1_000_000_000)
            #expect(try await stand.events(2).map(\.type) == ["freeze", "thaw"])
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["frozen_for_ms"] == .null)
            #expect(upstream["reasons"] == .array([]))
            #expect(try await stand.metrics().frozenSeconds() == 0)
        }
    }

    @Test("calls in line wait for the stop to end, and those whose deadline comes first are refused")
    func lineInFreeze() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 2s }]
            """
        let script = Self.stopping(429, ["Retry-After: 3600"])
        try await Stand.run(rules, script: script) { stand in
            #expect(try await stand.get("/").status == 200)
            let flying = try await OpenCall.held(stand.address, "/stop")
            try await stand.upstream.wait(for: "the call", within: Stand.patience) { $0.requests.count == 2 }
            let waiting = try await stand.open("/")
            try await stand.waitForLine(1)
            try await flying.finish()
            #expect(try await flying.response().status == 429)
            let refused = try await waiting.response()
            #expect(refused.status == 429)
            #expect(refused.reason == "frozen")
            #expect(stand.upstream.requests.count == 2)
        }
    }

    @Test("freeze_scope: endpoint stops that endpoint alone")
    func endpointScope() async throws {
        let rules = """
            feedback: { freeze_scope: endpoint }
            endpoints: [{ name: orders, match: { path: /stop } }]
            """
        try await Stand.run(rules, script: Self.stopping(429, ["Retry-After: 30"])) { stand in
            #expect(try await stand.get("/stop").reason == nil)
            #expect(try await stand.get("/stop").reason == "frozen")
            #expect(try await stand.get("/").status == 200)
            let metrics = try await stand.metrics()
            #expect((0.001...30).contains(metrics.frozenSeconds(endpoint: "orders") ?? 0))
            #expect(metrics.frozenSeconds() == 0)
            #expect(metrics.frozenSeconds(endpoint: "other") == 0)
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["reasons"] == .array([.string("frozen")]))
            #expect(try await stand.events(1).first?.data["endpoint"] == .string("orders"))
        }
    }

    @Test("a ban stops everything, whatever freeze_scope says", arguments: [nil, 5])
    func ban(retryAfter: Int?) async throws {
        let rules = """
            feedback: { freeze_scope: endpoint, ban_freeze: 20m }
            endpoints: [{ name: orders, match: { path: /stop } }]
            """
        let script = Self.stopping(418, retryAfter.map { ["Retry-After: \($0)"] } ?? [])
        try await Stand.run(rules, script: script) { stand in
            let told = try await stand.get("/stop")
            #expect(told.status == 418)
            #expect(told.reason == nil)
            let refused = try await stand.get("/", headers: Self.impatient)
            #expect(refused.status == 429)
            #expect(refused.reason == "frozen")
            let most = retryAfter ?? 1200
            #expect((1...most).contains(refused.retryAfter ?? 0))
            #expect(retryAfter != nil || refused.retryAfter ?? 0 > 600)
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["banned"] == .bool(true))
            #expect(upstream["reasons"] == .array([.string("banned")]))
            #expect(try await stand.metrics().failures("ban", endpoint: "orders") == 1)
            let event = try #require(try await stand.events(1).first)
            #expect(event.type == "ban")
            #expect(event.data["status"] == .number(418))
        }
    }

    @Test("ban_statuses are those configured, and count as failures")
    func banStatuses() async throws {
        let rules = """
            feedback: { ban_statuses: [403] }
            breaker: { fail_threshold: 1 }
            """
        try await Stand.run(rules, script: { .respond($0.target == "/ban" ? 403 : 418) }) { stand in
            for _ in 0..<3 { #expect(try await stand.get("/").status == 418) }
            #expect(try await stand.get("/ban").status == 403)
            #expect(try await stand.get("/", headers: Self.impatient).reason == "frozen")
            let metrics = try await stand.metrics()
            #expect(metrics.failures("ban") == 1)
            #expect(metrics.circuit() == .open)
            #expect(metrics.outcomes("client_error") == 4)
        }
    }

    @Test("bypass_circuit passes no stop")
    func bypass() async throws {
        let rules = "endpoints: [{ name: cancel, match: { path: /cancel }, bypass_circuit: true }]"
        try await Stand.run(rules, script: Self.stopping(429, ["Retry-After: 30"])) { stand in
            _ = try await stand.get("/stop")
            #expect(try await stand.get("/cancel").reason == "frozen")
            #expect(stand.upstream.requests.count == 1)
        }
    }

    @Test("the stop is asked before the circuit")
    func order() async throws {
        let rules = "breaker: { fail_threshold: 1, cooldown: 60s }"
        try await Stand.run(rules, script: Self.stopping(429, ["Retry-After: 5"])) { stand in
            _ = try await stand.get("/stop")
            #expect(try await stand.metrics().circuit() == .open)
            #expect(try await stand.get("/", headers: Self.impatient).reason == "frozen")
            #expect(try await stand.metrics().circuitRejections() == 0)
            // Whoever could wait for its end meets the circuit instead.
            #expect(try await stand.get("/").reason == "circuit_open")
        }
    }

    @Test("a 503 with Retry-After stops nobody")
    func serviceUnavailable() async throws {
        try await Stand.run(script: Self.stopping(503, ["Retry-After: 30"])) { stand in
            let told = try await stand.get("/stop")
            #expect(told.status == 503)
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.metrics().frozenSeconds() == 0)
        }
    }

    @Test("the call that was told to stop is tried again when the stop is over")
    func retried() async throws {
        let script: ScriptedUpstream.Script = {
            $0.index == 0 ? .respond(429, headers: ["Retry-After: 1"]) : .respond(200)
        }
        try await Stand.run("retry: { initial_delay: 10ms, jitter: 0 }", script: script) { stand in
            async let told = stand.get("/told")
            try await stand.waitForMetrics("the stop") { $0.frozenSeconds() ?? 0 > 0 }
            #expect(try await stand.get("/other").status == 200)
            let answer = try await told
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            let arrivals = stand.upstream.requests.map(\.arrival)
            #expect(arrivals.dropFirst().allSatisfy { $0 - arrivals[0] >= 1_000_000_000 })
        }
    }
}
