import Foundation
import Testing
import WeirTestKit

/// examples/fleet.yaml: one of three sidecars that share a quota.
@Suite("The fleet example")
struct FleetExampleTests {
    @Test("It counts in Redis, and without it keeps to a third")
    func shares() async throws {
        let redis = try RedisServer()
        let local = { (text: String) in
            text.replacing("redis://127.0.0.1:6379/0", with: "redis://127.0.0.1:\(redis.port)/0")
        }
        try await Example.run("fleet.yaml", upstream: "bybit", change: local) { stand in
            let sharing = ["upstream": "bybit"]
            try await stand.waitForMetrics("Redis to decide") { $0.value("mm_shared_state", sharing) == 1 }
            #expect(try await stand.get("/v5/market/time").status == 200)
            let limit = try await stand.upstreamStatus()["limits"].named("ip")
            #expect(limit["shared"] == .string("shared"))
            #expect(limit["limit"] == .number(600))
            redis.kill()
            try await stand.waitForMetrics("the part to be kept to") { $0.value("mm_shared_state", sharing) == 0 }
            let alone = try await withDeadline(Stand.patience, waitingFor: "a third to be free at most", seen: { "" }) {
                while true {
                    let limit = try await stand.upstreamStatus()["limits"].named("ip")
                    if let remaining = limit["remaining"].number, remaining <= 200 { return limit }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(alone["shared"] == .string("local"))
        }
    }
}
