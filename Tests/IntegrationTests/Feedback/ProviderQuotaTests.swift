import Foundation
import Testing
import WeirTestKit

/// What providers say of their quota in the headers of their answers.
@Suite("The provider's own count")
struct ProviderQuotaTests {
    /// What a provider says, and how `/status` has it.
    struct Dialect: Sendable, CustomTestStringConvertible {
        let name: String
        let headers: [String]
        let limit: Double?
        let remaining: Double
        let percentage: Double?
        var reset = true

        var testDescription: String { name }
    }

    private static let inAnHour = Int(Date.now.timeIntervalSince1970) + 3600

    private static let dialects = [
        Dialect(
            name: "bybit",
            headers: [
                "X-Bapi-Limit: 200", "X-Bapi-Limit-Status: 150", "X-Bapi-Limit-Reset-Timestamp: \(inAnHour)000",
            ], limit: 200, remaining: 150, percentage: 25, reset: false),
        Dialect(
            name: "github",
            headers: [
                "X-RateLimit-Limit: 5000", "X-RateLimit-Remaining: 4000", "X-RateLimit-Reset: \(inAnHour)",
            ], limit: 5000, remaining: 4000, percentage: 20),
        Dialect(
            name: "ietf", headers: ["RateLimit-Policy: \"default\";q=120;w=60", "RateLimit: \"default\";r=60;t=30"],
            limit: 120, remaining: 60, percentage: 50),
        Dialect(
            name: "shopify", headers: ["X-Shopify-Shop-Api-Call-Limit: 10/40"], limit: 40, remaining: 30,
            percentage: 25, reset: false),
    ]

    @Test("is shown, whatever the dialect, recognised or named", arguments: dialects, [true, false])
    func shown(dialect: Dialect, isNamed: Bool) async throws {
        let rules = "feedback: { headers: \(isNamed ? dialect.name : "auto") }"
        try await Stand.run(rules, script: { _ in .respond(200, headers: dialect.headers) }) { stand in
            #expect(try await stand.upstreamStatus()["endpoints"].named("other")["provider"] == .null)
            #expect(try await stand.metrics().providerRemaining() == nil)
            let answer = try await stand.get("/")
            #expect(answer[String(dialect.headers[0].prefix { $0 != ":" })] != nil)
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["provider"] == .null)
            let provider = upstream["endpoints"].named("other")["provider"]
            #expect(provider["limit"].number == dialect.limit)
            #expect(provider["remaining"] == .number(dialect.remaining))
            #expect(provider["percentage_used"].number == dialect.percentage)
            #expect((provider["reset_timestamp"].number != nil) == dialect.reset, "\(provider["reset_timestamp"])")
            #expect(provider["seen_at"].string?.hasSuffix("Z") == true)
            #expect(try await stand.metrics().providerRemaining() == dialect.remaining)
        }
    }

    @Test("is not read with headers: none, or in another dialect", arguments: ["none", "gate"])
    func notRead(headers: String) async throws {
        let script: ScriptedUpstream.Script = { _ in .respond(200, headers: Self.dialects[0].headers) }
        try await Stand.run("feedback: { headers: \(headers) }", script: script) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(try await stand.upstreamStatus()["endpoints"].named("other")["provider"] == .null)
            #expect(try await stand.metrics().providerRemaining() == nil)
        }
    }

    /// Says once that nothing remains until a moment two seconds from now.
    private static func usedUp(_ until: Observed<Double>) -> ScriptedUpstream.Script {
        { request in
            guard request.index == 0 else { return .respond(200) }
            let reset = (Date.now.timeIntervalSince1970 + 2) * 1000
            until.change { $0 = reset }
            return .respond(
                200,
                headers: [
                    "X-Bapi-Limit: 100", "X-Bapi-Limit-Status: 0", "X-Bapi-Limit-Reset-Timestamp: \(Int(reset))",
                ])
        }
    }

    private static let speaksForIP = """
        limits: [{ name: ip, algorithm: sliding_window, requests: 100, per: 60s }]
        feedback: { limit: ip, slow_remaining: 0 }
        """

    @Test("where it says that nothing remains, calls wait for its reset")
    func clamp() async throws {
        let reset = Observed(0.0)
        try await Stand.run(Self.speaksForIP, script: Self.usedUp(reset)) { stand in
            #expect(try await stand.get("/").status == 200)
            let refused = try await stand.get("/", headers: ["Weir-Max-Wait: 50ms"])
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "ip")

            let upstream = try await stand.upstreamStatus()
            #expect(upstream["provider"]["remaining"] == .number(0))
            #expect(upstream["provider"]["limit"] == .number(100))
            #expect(upstream["endpoints"].named("other")["provider"] == .null)
            let metrics = try await stand.metrics()
            #expect(metrics.providerRemaining(endpoint: "") == 0)
            #expect(metrics.value("mm_rate_limit_drift", ["upstream": "api", "limit": "ip"]) == -99)

            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(Date.now.timeIntervalSince1970 * 1000 >= reset.value)
            #expect(answer["Weir-Wait-Ms"].flatMap { Double($0) } ?? 0 > 0)
        }
    }

    @Test("clamp: false only shows it")
    func noClamp() async throws {
        let rules = Self.speaksForIP.replacing("limit: ip,", with: "limit: ip, clamp: false,")
        try await Stand.run(rules, script: Self.usedUp(Observed(0))) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(try await stand.get("/", headers: ["Weir-Max-Wait: 0s"]).status == 200)
            #expect(try await stand.upstreamStatus()["provider"]["limit"] == .number(100))
        }
    }

    @Test("below slow_remaining each admission is delayed, unless the provider's whole quota is that small")
    func slow() async throws {
        let rules = """
            feedback: { slow_remaining: 50, slow_delay: 300ms }
            endpoints: [{ name: small, match: { path: /small } }]
            """
        let script: ScriptedUpstream.Script = { request in
            let limit = request.target == "/small" ? 50 : 100
            return .respond(200, headers: ["X-Bapi-Limit: \(limit)", "X-Bapi-Limit-Status: 49"])
        }
        try await Stand.run(rules, script: script) { stand in
            for target in ["/", "/small"] { #expect(try await stand.get(target)["Weir-Wait-Ms"] == "0") }
            // Without a reset the delay holds for a second.
            let slowed = try await stand.get("/")
            #expect(slowed.status == 200)
            #expect(slowed["Weir-Wait-Ms"].flatMap { Double($0) } ?? 0 >= 299)
            #expect(try await stand.get("/small")["Weir-Wait-Ms"] == "0")
            #expect(try await stand.metrics().hits() == 1)
        }
    }

    @Test("little of it is logged, once")
    func warning() async throws {
        let script: ScriptedUpstream.Script = { _ in
            .respond(
                200,
                headers: [
                    "X-RateLimit-Limit: 5000", "X-RateLimit-Remaining: 99", "X-RateLimit-Reset: \(Self.inAnHour)",
                ])
        }
        try await Stand.run(script: script) { stand in
            for _ in 0..<3 { #expect(try await stand.get("/").status == 200) }
            let line = LogLine(try await stand.weir.waitForLine(containing: "quota", within: Stand.patience))
            #expect(line["upstream"] == "api")
            #expect(line["remaining"] == "99")
            #expect(stand.weir.errorLines.count { $0.contains("remaining=99") } == 1)
        }
    }
}
