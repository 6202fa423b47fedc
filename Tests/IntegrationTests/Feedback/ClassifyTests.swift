import Testing
import WeirTestKit

/// Answers that say 200 and mean something else.
@Suite("What bodies betray")
struct ClassifyTests {
    private static let body = #"{"retCode":10006,"retMsg":"Too many visits!"}"#
    private static let json = ["Content-Type: application/json; charset=utf-8"]

    private static func rules(_ meaning: String) -> String {
        """
        breaker: { fail_threshold: 2 }
        limits: [{ name: ip, algorithm: sliding_window, requests: 100, per: 60s }]
        feedback: { classify: [{ body_contains: '"retCode":10006', as: \(meaning) }] }
        """
    }

    @Test("it counts as a failure and opens the circuit, and the caller gets it untouched")
    func failure() async throws {
        let script: ScriptedUpstream.Script = { _ in .respond(200, headers: Self.json, body: Self.body) }
        try await Stand.run(Self.rules("failure"), script: script) { stand in
            for _ in 0..<2 {
                let answer = try await stand.get("/")
                #expect(answer.status == 200)
                #expect(answer.text == Self.body)
            }
            #expect(try await stand.get("/").reason == "circuit_open")
            let metrics = try await stand.metrics()
            #expect(metrics.failures("classified") == 2)
            #expect(metrics.sum("mm_api_failures_total") == 2)
            #expect(metrics.outcomes("success") == 2)
            #expect(metrics.factor("ip") == 1)
        }
    }

    @Test("rate_limited shrinks the limits of the call like a 429")
    func rateLimited() async throws {
        let script: ScriptedUpstream.Script = { _ in .respond(200, headers: Self.json, body: Self.body) }
        try await Stand.run(Self.rules("rate_limited"), script: script) { stand in
            #expect(try await stand.get("/").text == Self.body)
            let metrics = try await stand.metrics()
            #expect(metrics.failures("classified") == 1)
            #expect(metrics.factor("ip") ?? 1 < 0.6)
            #expect(try await stand.events(1).first?.type == "shrink")
        }
    }

    @Test("ban stops the whole upstream for ban_freeze")
    func ban() async throws {
        let script: ScriptedUpstream.Script = { _ in .respond(200, headers: Self.json, body: Self.body) }
        try await Stand.run(Self.rules("ban"), script: script) { stand in
            #expect(try await stand.get("/").text == Self.body)
            let refused = try await stand.get("/")
            #expect(refused.reason == "frozen")
            #expect((599...600).contains(refused.retryAfter ?? 0))
            #expect(try await stand.metrics().failures("ban") == 1)
            #expect(try await stand.upstreamStatus()["banned"] == .bool(true))
        }
    }

    @Test("it is found across the pieces in which a body comes")
    func pieces() async throws {
        let script: ScriptedUpstream.Script = { _ in
            .chunked(headers: Self.json, pieces: [#"{"ret"#, #"Code":100"#, "06}"], pause: .milliseconds(20))
        }
        try await Stand.run(Self.rules("failure"), script: script) { stand in
            let answer = try await stand.get("/")
            #expect(answer.text == #"{"retCode":10006}"#)
            #expect(try await stand.metrics().failures("classified") == 1)
        }
    }

    /// Answers in which nothing is looked for, or nothing found.
    private static let harmless: [ScriptedReply] = [
        .respond(200, headers: ["Content-Type: application/octet-stream"], body: body),
        .respond(200, body: body),
        .respond(404, headers: json, body: body),
        .respond(200, headers: json, body: #"{"retCode":0}"#),
        .respond(200, headers: json, body: String(repeating: " ", count: 4096) + body),
    ]

    @Test("other answers are what their status says", arguments: harmless.indices)
    func others(reply: Int) async throws {
        try await Stand.run(Self.rules("failure"), script: { _ in Self.harmless[reply] }) { stand in
            _ = try await stand.get("/")
            #expect(try await stand.metrics().sum("mm_api_failures_total") == 0)
        }
    }
}
