import Testing
import WeirTestKit

/// Limits of ours that a provider's 429s show to be too large.
@Suite("Shrinking limits")
struct ShrinkTests {
    private static let limits = """
        breaker: off
        limits: [{ name: ip, algorithm: sliding_window, requests: 100, per: 60s }]
        """

    @Test("many 429s at once halve the limit once")
    func once() async throws {
        let rules = """
            \(Self.limits)
            endpoints:
              - name: orders
                match: { path: /orders }
                limits: [{ name: orders, algorithm: sliding_window, requests: 50, per: 60s }]
            """
        try await Stand.run(rules, script: { _ in .respond(429) }) { stand in
            #expect(try await stand.metrics().factor("ip") == 1)
            let answers = try await stand.burst(10)
            #expect(answers.allSatisfy { $0.status == 429 && $0.reason == nil })
            let metrics = try await stand.metrics()
            #expect(abs((metrics.factor("ip") ?? 0) - 0.5) <= 0.1)
            // Not a limit of those calls.
            #expect(metrics.factor("orders", endpoint: "orders") == 1)
            #expect(metrics.frozenSeconds() == 0)
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["reasons"] == .array([.string("shrunk:ip")]))
            #expect(upstream["limits"].named("ip")["effective_factor"].number ?? 1 < 0.6)
            #expect(upstream["limits"].named("ip")["used"] == .number(10))
            let event = try #require(try await stand.events(1).first)
            #expect(event.type == "shrink")
            #expect(event.data["limit"] == .string("ip"))
            #expect(event.data["factor"] == .number(0.5))

            _ = try await stand.get("/orders")
            let events = try await stand.events(2)
            #expect(events[1].data["limit"] == .string("orders"))
            #expect(events[1].data["endpoint"] == .string("orders"))
        }
    }

    @Test("a shrunk limit admits less")
    func effective() async throws {
        let rules = """
            breaker: off
            feedback: { recover_over: 1h }
            queue: { max_wait: 0s }
            limits: [{ name: ip, algorithm: sliding_window, requests: 10, per: 60s }]
            """
        try await Stand.run(rules, script: { .respond($0.index == 0 ? 429 : 200) }) { stand in
            _ = try await stand.get("/")
            var answers: [RawResponse] = []
            for _ in 0..<9 { answers.append(try await stand.get("/")) }
            #expect(answers.count { $0.status == 200 } == 4)
            #expect(answers.count { $0.reason == "rate_limited" } == 5)
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["remaining"] == .number(0))
        }
    }

    @Test("it grows back to its full size")
    func recovery() async throws {
        let rules = Self.limits + "\nfeedback: { recover_over: 400ms }"
        try await Stand.run(rules, script: { .respond($0.index == 0 ? 429 : 200) }) { stand in
            _ = try await stand.get("/")
            let events = try await stand.events(2)
            #expect(events.map(\.type) == ["shrink", "recovered"])
            #expect(events[1].data["factor"] == .number(1))
            #expect(events[1].data["limit"] == .string("ip"))
            #expect(try await stand.metrics().factor("ip") == 1)
            #expect(try await stand.upstreamStatus()["reasons"] == .array([]))
        }
    }

    @Test(
        "shrink_on_429: 1 leaves the limits alone, and so does feedback: off",
        arguments: ["{ shrink_on_429: 1 }", "off"])
    func off(feedback: String) async throws {
        try await Stand.run(Self.limits + "\nfeedback: \(feedback)", script: { _ in .respond(429) }) { stand in
            _ = try await stand.get("/")
            #expect(try await stand.metrics().factor("ip") == 1)
            #expect(try await stand.upstreamStatus()["reasons"] == .array([]))
        }
    }
}
