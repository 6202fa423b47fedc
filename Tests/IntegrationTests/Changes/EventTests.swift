import Testing
import WeirTestKit

/// What `/events` tells, and tells again to whoever missed it.
@Suite("Events")
struct EventTests {
    private static let rules = """
        breaker: { fail_threshold: 1, cooldown: 100ms, min_dwell: 0s }
        limits: [{ name: ip, algorithm: sliding_window, requests: 100, per: 60s }]
        feedback: { recover_over: 1h }
        """

    @Test("each has a number, a type, a time and whom it is about")
    func shape() async throws {
        try await Stand.run(Self.rules, script: { .respond($0.index == 0 ? 429 : 200) }) { stand in
            #expect(try await stand.get("/").status == 429)
            try await stand.waitForCircuit(.halfOpen)
            #expect(try await stand.get("/").status == 200)
            let events = try await stand.events(4)
            #expect(events.map(\.id) == [1, 2, 3, 4])
            #expect(Set(events.prefix(2).map(\.type)) == ["shrink", "circuit"])
            #expect(events.suffix(2).map(\.type) == ["circuit", "circuit"])
            for event in events {
                #expect(event.data["seq"] == .number(Double(event.id)))
                #expect(event.data["type"] == .string(event.type))
                #expect(event.data["upstream"] == .string("api"))
                #expect(event.data["time"].string?.hasSuffix("Z") == true)
            }
            let moves = events.filter { $0.type == "circuit" }
            #expect(moves.map { $0.data["from"] } == ["closed", "open", "half_open"].map { .string($0) })
            #expect(moves.map { $0.data["to"] } == ["open", "half_open", "closed"].map { .string($0) })
            #expect(moves.allSatisfy { $0.data["endpoint"] == .string("other") && $0.data["cause"].string != nil })
        }
    }

    @Test("whoever comes back gets what it missed, by Last-Event-ID or by since")
    func replay() async throws {
        try await Stand.run(Self.rules, script: { .respond($0.index == 0 ? 429 : 200) }) { stand in
            _ = try await stand.get("/")
            _ = try await stand.events(3)
            let missed = try await stand.events(1, query: "", headers: ["Last-Event-ID: 2"])
            #expect(missed.first?.id == 3)
            #expect(try await stand.events(2, query: "?since=1").map(\.id) == [2, 3])
            // Who reconnects knows better than the address that it began with.
            #expect(try await stand.events(1, query: "?since=0", headers: ["Last-Event-ID: 2"]).first?.id == 3)
        }
    }

    @Test("the end is told before it comes")
    func drain() async throws {
        try await Stand.run { stand in
            let call = try await stand.hold("/")
            stand.weir.signal(15)
            #expect(try await stand.events(1).first?.type == "drain")
            try await call.finish()
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
        }
    }
}
