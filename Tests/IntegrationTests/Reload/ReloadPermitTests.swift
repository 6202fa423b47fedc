import Foundation
import Testing
import WeirTestKit

/// What becomes of permits.
@Suite("Permits over a reload")
struct ReloadPermitTests {
    @Test("a permit that is outstanding is reported afterwards, and frees what it holds, its endpoint gone or not")
    func outstanding() async throws {
        let rules = { (name: String) in
            """
            limits: [{ name: places, algorithm: concurrency, max: 2 }]
            breaker: { fail_threshold: 2 }
            endpoints: [{ name: \(name), match: { path: /x } }]
            """
        }
        try await PermitStand.run(rules("orders"), changes: true) { permits in
            let stand = permits.stand
            let one = try await permits.permit(#""endpoint":"orders""#)
            let two = try await permits.permit()
            #expect(try await stand.reload(rules("renamed"), root: PermitStand.api).status == 202)
            #expect(try await stand.upstreamStatus()["limits"].named("places")["used"] == .number(2))
            #expect(try await stand.upstreamStatus()["endpoints"].named("other")["in_flight"] == .number(2))
            for permit in [one, two] { #expect(try await permits.report(permit, "failure").status == 204) }
            // Of two failures the one at the endpoint that is gone is no failure of another.
            #expect(try await stand.metrics().circuit() == .closed)
            #expect(try await stand.upstreamStatus()["limits"].named("places")["used"] == .number(0))
            #expect(try await stand.upstreamStatus()["endpoints"].named("other")["in_flight"] == .number(0))
        }
    }

    @Test("who waits for a permit is given it, though the upstream is gone")
    func waiting() async throws {
        try await PermitStand.run(changes: true) { permits in
            let stand = permits.stand
            let second = """
                - name: second
                  listen: "127.0.0.1:0"
                  url: "http://\(stand.upstream.endpoint)"
                  limits: [{ name: ip, algorithm: token_bucket, rate: 0.25/s, burst: 1 }]
                """
            #expect(try await stand.reload(root: PermitStand.api, more: second).status == 202)
            let wish = #"{"upstream":"second"}"#
            #expect(try await permits.post("/v1/acquire", wish).status == 200)
            async let waiting = permits.post("/v1/acquire", wish)
            try await stand.waitForMetrics("the line") { $0.sum("mm_queue_length", ["upstream": "second"]) == 1 }
            #expect(try await stand.reload(root: PermitStand.api).status == 202)
            #expect(try await waiting.status == 200)
            #expect(try await permits.post("/v1/acquire", wish).status == 404)
        }
    }
}
