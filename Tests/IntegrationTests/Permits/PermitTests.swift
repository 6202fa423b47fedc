import Foundation
import Testing
import WeirTestKit

/// The acquire/report API: the same limits, line and circuit for callers that reach the provider by themselves.
@Suite("Permits")
struct PermitTests {
    @Test("a permit is given at once where there is room, and its report is taken once")
    func acquireAndReport() async throws {
        try await PermitStand.run { stand in
            let answer = try await stand.acquire(#""endpoint":"other","cost":1,"priority":"high","max_wait_ms":500"#)
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "application/json")
            let grant = try answer.problem()
            #expect(grant.keys == ["permit", "waited_ms", "expires_in_ms"])
            #expect(grant["waited_ms"] == .number(0))
            #expect(grant["expires_in_ms"] == .number(60_000))
            let permit = try #require(grant["permit"].string)

            #expect(try await stand.stand.upstreamStatus()["permits"]["outstanding"] == .number(1))
            #expect(try await stand.stand.metrics().value("mm_permits_outstanding", ["upstream": "api"]) == 1)
            #expect(try await stand.report(permit, "success").status == 204)
            let again = try await stand.report(permit, "success")
            #expect(again.status == 404)
            #expect(again.reason == "unknown_permit")

            let metrics = try await stand.stand.metrics()
            #expect(metrics.value("mm_permits_outstanding", ["upstream": "api"]) == 0)
            #expect(metrics.outcomes("success") == 1)
            #expect(
                metrics.value("mm_api_request_duration_seconds_count", ["upstream": "api", "endpoint": "other"]) == 1)
        }
    }

    @Test("permits and calls share the limits")
    func sharedLimits() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 3, per: 60s }]
            queue: { max_wait: 0s }
            """
        try await PermitStand.run(rules) { stand in
            _ = try await stand.permit(#""cost":2"#)
            #expect(try await stand.stand.get("/").status == 200)
            let refused = try await stand.acquire()
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "ip")
            #expect(refused["Weir-Endpoint"] == "other")
            #expect(refused.retryAfter ?? 0 > 50)
            let problem = try refused.problem()
            #expect(problem["upstream"] == .string("api"))
            #expect(problem["endpoint"] == .string("other"))
            #expect(try await stand.stand.get("/").status == 429)
        }
    }

    @Test("a permit waits in the line of its upstream and says how long")
    func waits() async throws {
        let rules = "limits: [{ name: pace, algorithm: spacing, every: 2s }]"
        try await PermitStand.run(rules) { stand in
            _ = try await stand.permit()
            let second = try await stand.acquire().problem()
            #expect(second["waited_ms"].number ?? 0 > 100)
            let impatient = try await stand.acquire(#""max_wait_ms":10"#)
            #expect(impatient.status == 429)
        }
    }

    @Test("a permit needs no connection to the provider")
    func needsNoConnection() async throws {
        let rules = """
            limits: [{ name: pace, algorithm: spacing, every: 200ms }]
            pool: { max_connections: 1 }
            """
        try await PermitStand.run(rules, script: { _ in .hang }) { stand in
            let held = try await stand.stand.open("/")
            try await stand.stand.waitForMetrics("the only connection in use") {
                $0.value("mm_upstream_connections", ["upstream": "api", "state": "active"]) == 1
            }
            _ = try await stand.permit()
            _ = try await stand.permit()
            await held.hangUp()
        }
    }

    @Test("whoever hangs up in line loses the place, and its units go to nobody else's cost")
    func hangUp() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s }
            queue: { max_wait: 150s }
            """
        try await PermitStand.run(rules) { stand in
            _ = try await stand.permit()
            let client = try await RawClient.connect(to: stand.api, within: Stand.patience)
            let body = #"{"upstream":"api"}"#
            try await client.send(
                "POST /v1/acquire HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n\(body)")
            try await stand.stand.waitForLine(1)
            await client.close()
            try await stand.stand.waitForLine(0)
            #expect(try await stand.stand.metrics().outcomes("cancelled") == 1)
        }
    }

    @Test("places in flight are held until the report")
    func places() async throws {
        let rules = """
            limits: [{ name: flight, algorithm: concurrency, max: 1 }]
            queue: { max_wait: 0s }
            """
        try await PermitStand.run(rules) { stand in
            let permit = try await stand.permit()
            #expect(try await stand.acquire().status == 429)
            #expect(try await stand.stand.get("/").status == 429)
            #expect(try await stand.report(permit, "ignored").status == 204)
            #expect(try await stand.stand.get("/").status == 200)
            #expect(try await stand.stand.metrics().outcomes("cancelled") == 1)
        }
    }

    @Test("keys are given by the limits' names")
    func keys() async throws {
        let rules = """
            queue: { max_wait: 0s }
            limits:
              - { name: user, algorithm: sliding_window, requests: 1, per: 60s, key: "header:X-User", key_missing: reject }
            """
        try await PermitStand.run(rules) { stand in
            _ = try await stand.permit(#""keys":{"user":"a"}"#)
            _ = try await stand.permit(#""keys":{"user":"b"}"#)
            #expect(try await stand.acquire(#""keys":{"user":"a"}"#).status == 429)
            // The same key, whichever way it comes.
            #expect(try await stand.stand.get("/", headers: ["X-User: a"]).status == 429)
            let missing = try await stand.acquire()
            #expect(missing.status == 400)
            #expect(missing["Weir-Limit"] == "user")
            #expect(try await stand.acquire(#""keys":{"nobody":"a"}"#).status == 400)
        }
    }

    @Test("tiers are given by name")
    func tiers() async throws {
        let rules = """
            queue: { max_wait: 0s }
            limits:
              - name: plan
                algorithm: sliding_window
                tiers:
                  by: "header:X-Tier"
                  default: free
                  free: { requests: 1, per: 60s }
                  gold: { requests: 2, per: 60s }
            """
        try await PermitStand.run(rules) { stand in
            _ = try await stand.permit()
            #expect(try await stand.acquire().status == 429)
            _ = try await stand.permit(#""tier":"gold""#)
            _ = try await stand.permit(#""tier":"gold""#)
            #expect(try await stand.acquire(#""tier":"gold""#).status == 429)
        }
    }

    @Test("reported failures open the circuit, for permits and calls alike")
    func circuit() async throws {
        try await PermitStand.run("breaker: { fail_threshold: 2, cooldown: 60s }") { stand in
            for code in ["503", "timeout"] {
                let permit = try await stand.permit()
                #expect(try await stand.report(permit, "failure", #""code":"\#(code)""#).status == 204)
            }
            let refused = try await stand.acquire()
            #expect(refused.status == 503)
            #expect(refused.reason == "circuit_open")
            #expect(refused.retryAfter ?? 0 >= 59)
            #expect(try await stand.stand.get("/").status == 503)
            let metrics = try await stand.stand.metrics()
            #expect(metrics.failures("503") == 1)
            #expect(metrics.failures("timeout") == 1)
            #expect(metrics.outcomes("upstream_error") == 1)
            #expect(metrics.outcomes("timeout") == 1)
            #expect(metrics.circuitRejections() == 2)
        }
    }

    @Test("a probe that is never reported has failed")
    func probe() async throws {
        let rules = "breaker: { fail_threshold: 1, cooldown: 100ms, min_dwell: 0s, probe_timeout: 300ms }"
        try await PermitStand.run(rules) { stand in
            #expect(try await stand.report(try await stand.permit(), "failure", #""code":"500""#).status == 204)
            try await stand.stand.waitForCircuit(.halfOpen)
            let probe = try await stand.acquire().problem()
            #expect(probe["expires_in_ms"] == .number(300))
            try await stand.stand.waitForMetrics("the probe's end") { $0.moves("half_open", "open") ?? 0 >= 1 }
            try await stand.stand.waitForMetrics("the permit's end") {
                $0.value("mm_permits_expired_total", ["upstream": "api"]) == 1
            }
            let late = try await stand.report(try #require(probe["permit"].string), "success")
            #expect(late.status == 404)
            #expect(try await stand.stand.metrics().value("mm_permits_outstanding", ["upstream": "api"]) == 0)
        }
    }

    @Test("what the provider said to the holder of a permit holds for all")
    func feedback() async throws {
        try await PermitStand.run("queue: { max_wait: 0s }") { stand in
            let permit = try await stand.permit()
            let told =
                #""code":"429","headers":{"Retry-After":"30","X-RateLimit-Limit":"100","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"30"}"#
            #expect(try await stand.report(permit, "failure", told).status == 204)
            let refused = try await stand.stand.get("/")
            #expect(refused.reason == "frozen")
            #expect(try await stand.acquire().reason == "frozen")
            let row = try await stand.stand.upstreamStatus()["endpoints"].named("other")
            #expect(row["provider"]["remaining"] == .number(0))
        }
    }

    @Test("a drain refuses those in line, and those who come")
    func drain() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s }
            queue: { max_wait: 150s }
            """
        try await PermitStand.run(rules) { stand in
            _ = try await stand.permit()
            async let waiting = stand.acquire()
            try await stand.stand.waitForLine(1)
            stand.stand.weir.signal(SIGTERM)
            let refused = try await waiting
            #expect(refused.status == 503)
            #expect(refused.reason == "draining")
            #expect(refused["Connection"] == "close")
        }
    }
}
