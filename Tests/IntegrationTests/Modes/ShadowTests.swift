import Testing
import WeirTestKit

/// An upstream whose policies only watch, or do nothing at all.
@Suite("Modes")
struct ShadowTests {
    @Test("shadow: no limit delays or refuses, and the counters say what would have happened")
    func limits() async throws {
        let rules = """
            mode: shadow
            limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 60s }]
            """
        try await Stand.run(rules) { stand in
            for _ in 0..<5 {
                let answer = try await stand.get("/")
                #expect(answer.status == 200)
                #expect(answer["Weir-Wait-Ms"] == "0")
            }
            let metrics = try await stand.metrics()
            #expect(metrics.hits() == 3)
            #expect(metrics.rejections("rate_limited") == 3)
            #expect(metrics.outcomes("success") == 5)
            #expect(metrics.outcomes("rate_limited") == 0)
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["mode"] == .string("shadow"))
            #expect(upstream["limits"].named("ip")["used"] == .number(5))
        }
    }

    @Test("shadow: a call that would have waited goes at once, and is a hit but no rejection")
    func wouldWait() async throws {
        let rules = """
            mode: shadow
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 5s }]
            """
        try await Stand.run(rules) { stand in
            for _ in 0..<2 { #expect(try await stand.get("/")["Weir-Wait-Ms"] == "0") }
            let metrics = try await stand.metrics()
            #expect(metrics.hits() == 1)
            #expect(metrics.rejections("rate_limited") == 0)
        }
    }

    @Test("shadow: an open circuit lets everything pass, and nothing is tried again")
    func circuit() async throws {
        let rules = """
            mode: shadow
            breaker: { fail_threshold: 2 }
            retry: { initial_delay: 10ms, jitter: 0 }
            """
        try await Stand.run(rules, script: { _ in .respond(503, body: "own") }) { stand in
            for _ in 0..<5 {
                let answer = try await stand.get("/")
                #expect(answer.status == 503)
                #expect(answer.text == "own")
                #expect(answer["Weir-Attempts"] == "1")
            }
            #expect(stand.upstream.requests.count == 5)
            let metrics = try await stand.metrics()
            #expect(metrics.circuit() == .open)
            #expect(metrics.circuitRejections() == 3)
            #expect(metrics.outcomes("upstream_error") == 5)
            #expect(metrics.outcomes("circuit_open") == 0)
            #expect(metrics.sum("mm_retries_total") == 0)
        }
    }

    @Test("shadow: a stop or a ban of the provider stops nobody", arguments: [429, 418])
    func freeze(status: Int) async throws {
        let script: ScriptedUpstream.Script = {
            $0.index == 0 ? .respond(status, headers: ["Retry-After: 60"]) : .respond(200)
        }
        try await Stand.run("mode: shadow", script: script) { stand in
            #expect(try await stand.get("/").status == status)
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(answer["Weir-Wait-Ms"] == "0")
            let metrics = try await stand.metrics()
            #expect(metrics.hits() == 1)
            #expect(metrics.rejections("frozen") == 1)
        }
    }

    /// A call that an enforcing upstream would refuse at its arrival.
    private static let refused: [(rules: String, headers: [String])] = [
        ("expires: { header: X-Signed-At, window: 5s }", ["X-Signed-At: 1700000000000"]),
        ("limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 60s }]", ["Weir-Cost: 3"]),
        (
            """
            limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 60s, key: "header:K", key_missing: reject }]
            """, []
        ),
    ]

    @Test("neither shadow nor off refuses what enforce would", arguments: refused.indices, ["shadow", "off"])
    func nothingRefused(index: Int, mode: String) async throws {
        let (rules, headers) = Self.refused[index]
        try await Stand.run("mode: \(mode)\n\(rules)") { stand in
            let answer = try await stand.get("/", headers: headers)
            #expect(answer.status == 200)
            #expect(stand.upstream.requests.count == 1)
        }
        try await Stand.run(rules) { stand in
            let answer = try await stand.get("/", headers: headers)
            #expect(answer.status == 400 || answer.status == 429)
        }
    }

    @Test("off: there is no policy at all")
    func off() async throws {
        let rules = """
            mode: off
            breaker: { fail_threshold: 1 }
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            retry: { initial_delay: 10ms }
            feedback: { ban_statuses: [418] }
            """
        let statuses = [503, 429, 418, 200]
        let script: ScriptedUpstream.Script = { .respond(statuses[$0.index % 4], headers: ["Retry-After: 60"]) }
        try await Stand.run(rules, script: script) { stand in
            for status in statuses {
                let answer = try await stand.get("/")
                #expect(answer.status == status)
                #expect(answer.reason == nil)
                #expect(answer["Weir-Attempts"] == "1")
            }
            let metrics = try await stand.metrics()
            #expect(metrics.sum("mm_rate_limit_hits_total") == 0)
            #expect(metrics.sum("mm_rate_limit_rejections_total") == 0)
            #expect(metrics.sum("mm_circuit_rejections_total") == 0)
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["mode"] == .string("off"))
            #expect(upstream["status"] == .string("pass"))
        }
    }
}
