import Foundation
import Testing
import WeirTestKit

/// One quota, many machines.
@Suite("A fleet")
struct FleetTests {
    private static let rules = """
        limits: [{ name: ip, algorithm: sliding_window, requests: 60, per: 1s, margin: 400ms, shared: true }]
        """

    @Test("apisix#13574: no second holds more than the quota, whoever sends, and everybody gets a part of it")
    func quota() async throws {
        try await Fleet.run(Self.rules) { fleet in
            let answered = try await fleet.drive(for: .seconds(5))
            let arrivals = fleet.upstream.requests.map(\.arrival).sorted()
            let tooClose = zip(arrivals, arrivals.dropFirst(60)).filter { $1 - $0 < 1_000_000_000 }
            #expect(tooClose.isEmpty)
            #expect(answered.allSatisfy { $0 > 0 }, "\(answered)")
            let limit = try await fleet.members[0].upstreamStatus()["limits"].named("ip")
            #expect(limit["shared"] == .string("shared"))
        }
    }

    @Test("traefik#12091, istio#12115: without Redis each keeps to its part, and afterwards they share again")
    func outage() async throws {
        try await Fleet.run(Self.rules) { fleet in
            _ = try await fleet.drive(for: .seconds(1))
            fleet.redis.kill()
            for member in fleet.members { try await member.waitForSharing(false) }
            let status = try await fleet.members[0].upstreamStatus()
            #expect(status["reasons"].elements.contains(.string("shared_lost")))
            #expect(status["limits"].named("ip")["shared"] == .string("local"))
            _ = try await fleet.drive(for: .seconds(3))
            try fleet.redis.start()
            for member in fleet.members { try await member.waitForSharing(true) }
            _ = try await fleet.drive(for: .seconds(1))
            let arrivals = fleet.upstream.requests.map(\.arrival).sorted()
            let tooClose = zip(arrivals, arrivals.dropFirst(60)).filter { $1 - $0 < 1_000_000_000 }
            #expect(tooClose.isEmpty)
            let events = try await fleet.members[0].events(2)
            // Before the outage an answer may have been late, on a busy machine.
            #expect(events.map(\.type).suffix(2) == ["shared_lost", "shared_back"])
        }
    }

    @Test("a limit that opts in by a reload is shared from then on, and no more once it opts out")
    func reload() async throws {
        let redis = try RedisServer()
        let root = "shared: { redis: \"redis://127.0.0.1:\(redis.port)/0\", instances: 1 }"
        let alone = "limits: [{ name: ip, algorithm: sliding_window, requests: 60, per: 1h }]"
        try await Stand.run(alone, root: root, changes: true) { stand in
            #expect(try await stand.get("/").status == 200)
            let shared = alone.replacing("per: 1h", with: "per: 1h, shared: true")
            #expect(try await stand.reload(shared, root: root).status == 202)
            try await stand.waitForSharing(true)
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.reload(alone, root: root).status == 202)
            let limit = try await stand.upstreamStatus()["limits"].named("ip")
            #expect(limit["shared"] == .null)
            #expect(try await stand.get("/").status == 200)
        }
    }

    @Test("a ban that one has met stops all")
    func ban() async throws {
        let script: ScriptedUpstream.Script = { _ in .respond(418, headers: ["Retry-After: 60"], body: "no") }
        try await Fleet.run(Self.rules, script: script) { fleet in
            #expect(try await fleet.members[0].get("/").status == 418)
            // The others hear of it with the next answer of Redis, which each of their calls needs.
            try await fleet.members[1].waitForMetrics("the ban to be heard of") {
                $0.value("mm_rate_limit_frozen_seconds", ["upstream": "api", "endpoint": ""]) ?? 0 > 50
            }
            #expect(try await fleet.members[1].get("/").reason == "frozen")
            #expect(fleet.upstream.requests.count == 1)
        }
    }
}
