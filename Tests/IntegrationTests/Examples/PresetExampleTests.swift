import Foundation
import Testing
import WeirTestKit

/// examples/mexc.yaml and examples/gate.yaml: presets with a few words of one's own.
@Suite("The MEXC and Gate examples")
struct PresetExampleTests {
    @Test("MEXC: no two calls closer than 100 ms")
    func pace() async throws {
        try await Example.run("mexc.yaml", upstream: "mexc") { stand in
            let answers = try await stand.burst(8, "/api/v3/depth")
            #expect(answers.allSatisfy { $0.status == 200 })
            let arrivals = stand.upstream.requests.map(\.arrival)
            let span = (arrivals.max() ?? 0) - (arrivals.min() ?? 0)
            // Seven gaps; the ways of the first and the last may differ by as much as one.
            #expect(span >= 600_000_000)
        }
    }

    @Test("MEXC: 418 is a ban for as long as it says")
    func ban() async throws {
        let script: ScriptedUpstream.Script = { _ in .respond(418, headers: ["Retry-After: 900"], body: "no") }
        try await Example.run("mexc.yaml", upstream: "mexc", script: script) { stand in
            #expect(try await stand.get("/api/v3/depth").status == 418)
            let refused = try await stand.get("/api/v3/klines")
            #expect(refused.reason == "frozen")
            #expect(try #require(refused.retryAfter) > 800)
        }
    }

    @Test("Gate: 20 orders in a second; cancels are a limit of their own, and go first")
    func orders() async throws {
        try await Example.run("gate.yaml", upstream: "gate") { stand in
            let seen = try await stand.exhaust { try await stand.postNow("/api/v4/spot/orders") }
            #expect(seen.admitted >= 20)
            #expect(seen.admitted <= 20 * (1 + Int(seen.seconds)))
            #expect(seen.refusal?["Weir-Limit"] == "endpoint")
            let cancel = try await HTTPCall.send(
                "DELETE", stand.address, "/api/v4/spot/orders/7", headers: ["Weir-Max-Wait: 0s"],
                within: Stand.patience)
            #expect(cancel.status == 200)
            #expect(cancel["Weir-Endpoint"] == "cancel_order")
            let endpoints = try await stand.upstreamStatus()["endpoints"]
            #expect(endpoints.named("cancel_order")["priority"].string == "critical")
        }
    }

    @Test("Gate: what the exchange says of its quota is shown")
    func provider() async throws {
        let reset = Int(Date.now.timeIntervalSince1970) + 10
        let headers = [
            "X-Gate-RateLimit-Requests-Remain: 150", "X-Gate-RateLimit-Limit: 200",
            "X-Gate-RateLimit-Reset-Timestamp: \(reset)",
        ]
        let script: ScriptedUpstream.Script = { _ in .respond(200, headers: headers, body: "ok") }
        try await Example.run("gate.yaml", upstream: "gate", script: script) { stand in
            #expect(try await stand.get("/api/v4/spot/tickers").status == 200)
            let provider = try await stand.upstreamStatus()["endpoints"].named("tickers")["provider"]
            #expect(provider["remaining"].number == 150)
            #expect(provider["limit"].number == 200)
        }
    }
}
