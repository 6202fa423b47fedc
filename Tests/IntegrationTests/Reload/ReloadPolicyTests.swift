import Foundation
import Testing
import WeirTestKit

/// What limits, circuits and calls are after a reload: what they were, under the new figures.
@Suite("Policies over a reload")
struct ReloadPolicyTests {
    private static func window(_ requests: Int, _ more: String = "") -> String {
        """
        limits: [{ name: ip, algorithm: sliding_window, requests: \(requests), per: 60s\(more) }]
        queue: { max_wait: 150s }
        timeouts: { request: 200s }
        """
    }

    @Test("what is spent stays spent, and changed figures apply to it")
    func spent() async throws {
        let limits = { (requests: Int) in
            "limits: [{ name: ip, algorithm: sliding_window, requests: \(requests), per: 60s }]\nqueue: { max_wait: 0s }"
        }
        try await Stand.run(limits(5), changes: true) { stand in
            for _ in 0..<3 { #expect(try await stand.get("/").status == 200) }
            let reloaded = try await stand.reload(limits(4))
            #expect(reloaded.status == 202)
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(3))
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.get("/").status == 429)
            #expect(try await stand.reload(limits(6)).status == 202)
            #expect(try await stand.burst(3).map(\.status).sorted() == [200, 200, 429])
            // Another key is another limit.
            #expect(
                try await stand.reload(limits(6).replacing("60s }", with: "60s, key: \"header:K\" }")).status == 202)
            #expect(try await stand.get("/").status == 200)
        }
    }

    @Test("a call in line stays there, and goes as soon as the new figures let it")
    func inLine() async throws {
        try await Stand.run(Self.window(1), changes: true) { stand in
            #expect(try await stand.get("/").status == 200)
            let waiting = try await stand.open("/waiting")
            try await stand.waitForLine(1)
            #expect(try await stand.reload(Self.window(1, ", margin: 1ms")).status == 202)
            #expect(try await stand.metrics().sum("mm_queue_length") == 1)
            #expect(try await stand.reload(Self.window(2)).status == 202)
            #expect(try await waiting.response().status == 200)
            #expect(stand.upstream.requests.count == 2)
        }
    }

    @Test("a call in line that costs more than its limit ever admits now is refused at once, and holds nobody up")
    func tooDear() async throws {
        let rules = { (requests: Int) in
            Self.window(requests) + "\nendpoints: [{ name: dear, match: { path: /dear }, cost: \"header:X-Cost\" }]"
        }
        try await Stand.run(rules(4), changes: true) { stand in
            #expect(try await stand.get("/dear", headers: ["X-Cost: 4"]).status == 200)
            let dear = try await stand.open("/dear", headers: ["X-Cost: 4"])
            try await stand.waitForLine(1)
            #expect(try await stand.reload(rules(3)).status == 202)
            let answer = try await dear.response()
            #expect(answer.status == 429)
            #expect(answer.reason == "rate_limited")
        }
    }

    @Test("turned to shadow or off, a limit lets go of those in line", arguments: ["shadow", "off"])
    func mode(_ mode: String) async throws {
        try await Stand.run(Self.window(1), changes: true) { stand in
            #expect(try await stand.get("/").status == 200)
            let waiting = [try await stand.open("/a"), try await stand.open("/b")]
            try await stand.waitForLine(2)
            #expect(try await stand.reload("mode: \(mode)\n" + Self.window(1)).status == 202)
            for call in waiting { #expect(try await call.response().status == 200) }
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.upstreamStatus()["mode"] == .string(mode))
        }
    }

    @Test("turned off, the provider's stop stops nobody any more")
    func offWhileFrozen() async throws {
        let script: ScriptedUpstream.Script = {
            $0.index == 0 ? .respond(429, headers: ["Retry-After: 100"]) : .respond(200)
        }
        try await Stand.run("timeouts: { request: 200s }", changes: true, script: script) { stand in
            #expect(try await stand.get("/").status == 429)
            let waiting = try await stand.open("/")
            _ = try await waiting.response()
            #expect(try await stand.reload("mode: off").status == 202)
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.metrics().frozenSeconds() == 0)
        }
    }

    @Test("an open circuit stays open, under its new settings")
    func circuit() async throws {
        let rules = { (cooldown: String) in "breaker: { fail_threshold: 1, cooldown: \(cooldown), min_dwell: 0s }" }
        let script: ScriptedUpstream.Script = { .respond($0.index == 0 ? 500 : 200) }
        try await Stand.run(rules("60s"), changes: true, script: script) { stand in
            #expect(try await stand.get("/").status == 500)
            #expect(try await stand.reload(rules("70s")).status == 202)
            #expect(try await stand.get("/").reason == "circuit_open")
            let circuit = try await stand.upstreamStatus()["endpoints"].named("other")["circuit"]
            #expect(circuit["state"] == .string("open"))
            #expect(circuit["next_probe_in_ms"].number ?? 0 > 60_000)
            #expect(try await stand.metrics().moves("closed", "open") == 1)
            #expect(try await stand.reload(rules("1ms")).status == 202)
            try await stand.waitForCircuit(.halfOpen)
            #expect(try await stand.get("/").status == 200)
            try await stand.waitForCircuit(.closed)
        }
    }

    @Test("a circuit that is opened after a reload refuses those in line at the endpoints as they are now")
    func circuitAfterwards() async throws {
        let rules = { (endpoints: String) in
            Self.window(1) + "\nendpoints: [\(endpoints){ name: b, match: { path: /b } }]"
        }
        try await Stand.run(rules("{ name: a, match: { path: /a } }, "), changes: true) { stand in
            #expect(try await stand.get("/").status == 200)
            let calls = [try await stand.open("/b"), try await stand.open("/else")]
            try await stand.waitForLine(2)
            #expect(try await stand.reload(rules("")).status == 202)
            let path = "/-/circuits/api/b"
            let forced = try await HTTPCall.post(stand.admin, path, body: #"{"force":"open"}"#, within: Stand.patience)
            #expect(forced.status == 204)
            #expect(try await calls[0].response().reason == "circuit_open")
            #expect(try await stand.metrics().sum("mm_queue_length") == 1)
            await calls[1].hangUp()
        }
    }

    @Test("a circuit for all in place of one for each begins CLOSED, and nothing of the former ones counts in it")
    func scope() async throws {
        let rules = { (scope: String) in "breaker: { scope: \(scope), fail_threshold: 1 }" }
        try await Stand.run(rules("endpoint"), changes: true, script: { _ in .respond(500) }) { stand in
            let call = try await stand.hold("/held")
            #expect(try await stand.reload(rules("upstream")).status == 202)
            try await call.finish()
            #expect(try await call.response().status == 500)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit("") == .closed)
            #expect(metrics.circuit() == nil)
            #expect(try await stand.get("/").status == 500)
            #expect(try await stand.metrics().circuit("") == .open)
            #expect(
                try await stand.reload(rules("upstream") + "\nendpoints: [{ name: a, match: { path: /a } }]").status
                    == 202)
            #expect(try await stand.get("/a").reason == "circuit_open")
            #expect(try await stand.reload("breaker: off").status == 202)
            #expect(try await stand.get("/a").status == 500)
            #expect(try await stand.metrics().circuit("") == nil)
        }
    }

    @Test("a limit that has shrunk stays so, and so does what the provider has said")
    func feedback() async throws {
        let rules = { (requests: Int) in
            """
            limits: [{ name: ip, algorithm: sliding_window, requests: \(requests), per: 60s }]
            feedback: { limit: ip, recover_over: 1h, shrink_on_429: 0.5 }
            """
        }
        let script: ScriptedUpstream.Script = { _ in
            .respond(429, headers: ["X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 60"])
        }
        try await Stand.run(rules(100), changes: true, script: script) { stand in
            #expect(try await stand.get("/").status == 429)
            #expect(try await stand.reload(rules(80)).status == 202)
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["limits"].named("ip")["limit"] == .number(80))
            #expect(upstream["limits"].named("ip")["effective_factor"] == .number(0.5))
            #expect(upstream["provider"]["remaining"] == .number(60))
            #expect(try await stand.metrics().providerRemaining(endpoint: "") == 60)
            #expect(try await stand.reload(rules(80).replacing("limit: ip, ", with: "")).status == 202)
            let metrics = try await stand.metrics()
            #expect(metrics.providerRemaining(endpoint: "") == nil)
            #expect(metrics.samples.allSatisfy { $0.name != "mm_rate_limit_drift" })
            #expect(metrics.factor("ip") == 0.5)
            #expect(
                try await stand.reload(rules(80).replacing("shrink_on_429: 0.5", with: "shrink_on_429: 1")).status
                    == 202)
            #expect(try await stand.metrics().factor("ip") == 1)
        }
    }

    @Test("a call in backoff is counted by the keys of the new configuration")
    func backoff() async throws {
        let rules = { (key: String, requests: Int) in
            """
            limits: [{ name: user, algorithm: sliding_window, requests: \(requests), per: 60s, key: "header:\(key)" }]
            retry: { initial_delay: 1s, jitter: 0 }
            queue: { max_wait: 0s }
            """
        }
        let script: ScriptedUpstream.Script = { .respond($0.index == 0 ? 503 : 200) }
        try await Stand.run(rules("A", 2), changes: true, script: script) { stand in
            let call = try await stand.open("/", headers: ["A: one", "B: two"])
            try await stand.upstream.waitForRequests(1)
            #expect(try await stand.reload(rules("B", 1)).status == 202)
            #expect(try await call.response().status == 200)
            // Its retry has spent the one unit of B's value, and of no other.
            #expect(try await stand.get("/", headers: ["B: two"]).status == 429)
            #expect(try await stand.get("/", headers: ["B: one"]).status == 200)
        }
    }
}
