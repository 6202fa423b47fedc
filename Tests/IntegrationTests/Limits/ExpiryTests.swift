import Foundation
import Testing
import WeirTestKit

/// Signed calls, which are worth nothing after a while.
@Suite("Calls that expire")
struct ExpiryTests {
    private static let rules = "expires: { header: X-Signed-At, window: 5s }"

    /// The header of a call that was signed so many seconds from now.
    private static func signed(_ seconds: Double) -> [String] {
        ["X-Signed-At: \(Int((Date.now.timeIntervalSince1970 + seconds) * 1000))"]
    }

    @Test("a fresh call passes, with its header; so does one without")
    func fresh() async throws {
        try await Stand.run(Self.rules) { stand in
            let headers = Self.signed(0)
            let answer = try await stand.get("/", headers: headers)
            #expect(answer.status == 200)
            #expect(try await stand.get("/").status == 200)
            let seen = stand.upstream.requests.map { $0["X-Signed-At"] }
            #expect(seen == [headers[0].split(separator: " ").last.map(String.init), nil])
        }
    }

    @Test("one that has expired is refused at once")
    func expired() async throws {
        try await Stand.run(Self.rules) { stand in
            let refused = try await stand.get("/", headers: Self.signed(-60))
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused.retryAfter ?? 0 >= 1)
            #expect(stand.upstream.requests.isEmpty)
            let metrics = try await stand.metrics()
            #expect(metrics.rejections("rate_limited") == 1)
            #expect(metrics.outcomes("rate_limited") == 1)
        }
    }

    @Test("one that would expire in line is refused at once, and one that would not waits")
    func expiresInLine() async throws {
        let rules = """
            \(Self.rules)
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s }
            queue: { max_wait: 150s }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/").status == 200)
            let refused = try await stand.get("/", headers: Self.signed(0))
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "ip")
            let waiting = try await stand.open("/", headers: Self.signed(120))
            try await stand.waitForLine(1)
            await waiting.hangUp()
        }
    }

    @Test("no retry is made of a call that would have expired")
    func retry() async throws {
        let rules = Self.rules + "\nretry: { initial_delay: 10s, jitter: 0 }"
        try await Stand.run(rules, script: { _ in .respond(503, body: "no") }) { stand in
            let answer = try await stand.get("/", headers: Self.signed(0))
            #expect(answer.status == 503)
            #expect(answer.text == "no")
            #expect(answer["Weir-Attempts"] == "1")
        }
    }

    @Test("what is no time in epoch milliseconds is answered 400", arguments: ["", "soon", "-5", "1700000000", "1e12"])
    func malformed(value: String) async throws {
        try await Stand.run(Self.rules) { stand in
            let refused = try await stand.get("/", headers: ["X-Signed-At: \(value)"])
            #expect(refused.status == 400)
            #expect(refused.reason == "bad_request")
            #expect(stand.upstream.requests.isEmpty)
        }
    }
}
