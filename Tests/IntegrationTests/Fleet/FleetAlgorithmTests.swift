import Dispatch
import Foundation
import Testing
import WeirTestKit

/// Each way to count, shared by three processes. The test's clock judges and not theirs, so the margins are wide.
@Suite("What a fleet shares")
struct FleetAlgorithmTests {
    @Test("no more places are taken than there are, and one that is freed goes to whoever waits, wherever it is")
    func places() async throws {
        // One is kept for each instance, which leaves four for the first.
        try await Fleet.run("limits: [{ name: places, algorithm: concurrency, max: 6, shared: true }]") { fleet in
            var held: [OpenCall] = []
            for place in 0..<4 { held.append(try await fleet.members[0].hold("/0/\(place)")) }
            let second = try await fleet.members[1].hold("/1")
            let third = try await fleet.members[2].hold("/2")
            let waiting = try await fleet.members[2].open("/waits")
            try await fleet.members[2].waitForLine(1)
            #expect(fleet.upstream.requests.count == 6)
            try await held[0].finish()
            #expect(try await waiting.response().status == 200)
            for call in held.dropFirst() + [second, third] { try await call.finish() }
        }
    }

    @Test("attempts keep their distance, whoever makes them")
    func spacing() async throws {
        let rules = "limits: [{ name: pace, algorithm: spacing, every: 50ms, margin: 100ms, shared: true }]"
        try await Fleet.run(rules) { fleet in
            _ = try await fleet.drive(callers: 1, for: .seconds(2))
            let arrivals = fleet.upstream.requests.map(\.arrival).sorted()
            #expect(arrivals.count >= 3)
            #expect(zip(arrivals, arrivals.dropFirst()).allSatisfy { $1 - $0 >= 50_000_000 })
        }
    }

    @Test("a bucket gives its burst and its rate to all together")
    func bucket() async throws {
        let rules = "limits: [{ name: units, algorithm: token_bucket, rate: 40/s, burst: 60, shared: true }]"
        try await Fleet.run(rules) { fleet in
            let answered = try await fleet.drive(for: .seconds(2))
            #expect(answered.allSatisfy { $0 > 0 }, "\(answered)")
            // What is missing from a full bucket, in units times nanoseconds.
            var (missing, last): (UInt64, UInt64) = (0, 0)
            for arrival in fleet.upstream.requests.map(\.arrival).sorted() {
                let grown = min(missing, (arrival - last) * 40)
                (missing, last) = (missing - grown + 1_000_000_000, arrival)
                #expect(missing <= 60 * 1_000_000_000)
            }
            #expect(last > 0)
        }
    }

    @Test("a window of the calendar begins for all at once")
    func calendar() async throws {
        let rules = """
            limits: [{ name: window, algorithm: calendar_window, requests: 30, per: 2s, margin: 400ms, shared: true }]
            """
        let uptime = DispatchTime.now().uptimeNanoseconds
        let wall = UInt64(Date().timeIntervalSince1970 * 1e9)
        try await Fleet.run(rules) { fleet in
            _ = try await fleet.drive(for: .seconds(5))
            let windows = Dictionary(grouping: fleet.upstream.requests) {
                ($0.arrival - uptime + wall) / 2_000_000_000
            }
            #expect(windows.values.allSatisfy { $0.count <= 30 }, "\(windows.mapValues(\.count))")
            #expect(windows.values.filter { $0.count == 30 }.count >= 1)
        }
    }
}
