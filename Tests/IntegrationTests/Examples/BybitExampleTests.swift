import Foundation
import Testing
import WeirTestKit

/// examples/bybit.yaml: a market maker.
@Suite("The Bybit example")
struct BybitExampleTests {
    /// A throttle of the example, and a call that it holds.
    struct Throttle: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        let rate: Double
        let burst: Int

        var testDescription: String { "\(method) \(path)" }
    }

    private static let throttles = [
        Throttle(method: "POST", path: "/v5/order/create", rate: 5, burst: 10),
        Throttle(method: "POST", path: "/v5/order/cancel", rate: 20, burst: 30),
        Throttle(method: "GET", path: "/v5/position/list", rate: 8, burst: 16),
        Throttle(method: "GET", path: "/v5/market/time", rate: 8, burst: 16),
    ]

    @Test("Each kind of call has its burst at once, then its rate", arguments: throttles)
    func holds(throttle: Throttle) async throws {
        try await Example.run("bybit.yaml", upstream: "bybit") { stand in
            let seen = try await stand.exhaust {
                try await HTTPCall.send(
                    throttle.method, stand.address, throttle.path, headers: ["Weir-Max-Wait: 0s"],
                    within: Stand.patience)
            }
            #expect(seen.admitted >= throttle.burst)
            #expect(Double(seen.admitted) <= Double(throttle.burst) + throttle.rate * seen.seconds + 1)
            #expect(seen.refusal?.status == 429)
            #expect(seen.refusal?.reason == "rate_limited")
            #expect(seen.refusal?["Weir-Limit"] == "bucket")
            // Another is only made to wait, where it may.
            let later = try await HTTPCall.send(throttle.method, stand.address, throttle.path, within: Stand.patience)
            #expect(later.status == 200)
        }
    }

    @Test("Cancel-all, reconciliation and health pass an open circuit and are critical; orders are held back")
    func bypass() async throws {
        // 501 is a failure that is not tried again.
        try await Example.run("bybit.yaml", upstream: "bybit", script: { _ in .respond(501, body: "no") }) { stand in
            let safe = [
                ("cancel_all", "POST", "/v5/order/cancel-all"), ("recon", "GET", "/v5/order/realtime"),
                ("health", "GET", "/v5/market/time"),
            ]
            for (name, method, path) in safe {
                for _ in 0..<12 {
                    let answer = try await HTTPCall.send(method, stand.address, path, within: Stand.patience)
                    #expect(answer.status == 501)
                }
                let endpoint = try await stand.upstreamStatus()["endpoints"].named(name)
                #expect(endpoint["circuit"]["state"].string == "open")
                #expect(endpoint["priority"].string == "critical")
                #expect(endpoint["bypass_circuit"] == .bool(true))
            }
            for _ in 0..<10 { #expect(try await stand.post("/v5/order/create").status == 501) }
            #expect(try await stand.post("/v5/order/create").reason == "circuit_open")
        }
    }

    @Test("\"Too many visits!\" with status 200 counts as a 429, and the answer stays the exchange's")
    func classified() async throws {
        let body = #"{"retCode":10006,"retMsg":"Too many visits!"}"#
        let script: ScriptedUpstream.Script = { _ in
            .respond(200, headers: ["Content-Type: application/json"], body: body)
        }
        try await Example.run("bybit.yaml", upstream: "bybit", script: script) { stand in
            let answer = try await stand.post("/v5/order/create")
            #expect(answer.status == 200)
            #expect(answer.text == body)
            let failures = try await stand.metrics().sum("mm_api_failures_total", ["code": "classified"])
            #expect(failures == 1)
            let status = try await stand.upstreamStatus()
            let bucket = status["endpoints"].named("place_order")["limits"].named("bucket")
            #expect(try #require(bucket["effective_factor"].number) < 1)
        }
    }

    @Test("A call that was signed too long ago is not sent")
    func expired() async throws {
        try await Example.run("bybit.yaml", upstream: "bybit") { stand in
            let now = Int(Date.now.timeIntervalSince1970 * 1000)
            let stale = try await stand.post("/v5/order/create", headers: ["X-BAPI-TIMESTAMP: \(now - 60_000)"])
            #expect(stale.status == 429)
            #expect(stale.reason == "rate_limited")
            #expect(stand.upstream.requests.isEmpty)
            #expect(
                try await stand.post("/v5/order/create", headers: ["X-BAPI-TIMESTAMP: \(now + 60_000)"]).status == 200)
        }
    }

    @Test("403 is a ban: nothing is sent to the exchange any more, not even what is critical")
    func banned() async throws {
        try await Example.run("bybit.yaml", upstream: "bybit", script: { _ in .respond(403, body: "no") }) { stand in
            #expect(try await stand.post("/v5/order/create").status == 403)
            let refused = try await stand.post("/v5/order/cancel-all")
            #expect(refused.reason == "frozen")
            let left = try #require(refused.retryAfter)
            #expect(left > 500 && left <= 600)
            #expect(try await stand.upstreamStatus()["banned"] == .bool(true))
            #expect(stand.upstream.requests.count == 1)
        }
    }
}
