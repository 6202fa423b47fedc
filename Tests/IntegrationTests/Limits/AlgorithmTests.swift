import Foundation
import NIOCore
import Testing
import WeirTestKit

/// What the algorithms beside window and bucket promise, judged at the provider.
@Suite("Spacing, places and calendar windows")
struct AlgorithmTests {
    @Test("spacing: no two attempts come closer than every")
    func spacing() async throws {
        let rules = "limits: [{ name: gap, algorithm: spacing, every: 200ms, margin: 150ms }]"
        try await Stand.run(rules) { stand in
            let answers = try await stand.burst(6)
            #expect(answers.allSatisfy { $0.status == 200 })
            let arrivals = stand.upstream.requests.map(\.arrival).sorted()
            #expect(zip(arrivals, arrivals.dropFirst()).allSatisfy { $1 - $0 >= 200_000_000 })
            #expect(try await stand.metrics().hits() == 5)
        }
    }

    @Test("calendar_window: no interval aligned to per in UTC holds more than requests")
    func calendarWindow() async throws {
        let rules = "limits: [{ name: minute, algorithm: calendar_window, requests: 5, per: 1s, margin: 150ms }]"
        try await Stand.run(rules) { stand in
            let answers = try await stand.burst(14)
            #expect(answers.allSatisfy { $0.status == 200 })
            let wallOffset = Int(Date.now.timeIntervalSince1970 * 1e9) - Int(NIODeadline.now().uptimeNanoseconds)
            let seconds = stand.upstream.requests.map { (Int($0.arrival) + wallOffset) / 1_000_000_000 }
            let counts = Dictionary(grouping: seconds) { $0 }.mapValues(\.count)
            #expect(counts.values.allSatisfy { $0 <= 5 }, "\(counts)")
            #expect(counts.count >= 3)
        }
    }

    @Test("concurrency: never more than max in flight, and the next goes when one is answered")
    func concurrency() async throws {
        let rules = """
            limits: [{ name: places, algorithm: concurrency, max: 2 }]
            timeouts: { request: 200s, response: 100s }
            queue: { max_wait: 150s }
            """
        try await Stand.run(rules) { stand in
            let flying = [try await stand.hold("/1"), try await stand.hold("/2")]
            let waiting = try await stand.open("/3")
            try await stand.waitForLine(1)
            let limit = try await stand.upstreamStatus()["limits"].named("places")
            #expect(limit["used"] == .number(2))
            #expect(limit["remaining"] == .number(0))
            #expect(stand.upstream.requests.count == 2)
            try await flying[0].finish()
            #expect(try await waiting.response().status == 200)
            #expect(try await flying[0].response().status == 200)
            await flying[1].hangUp()
            await waiting.hangUp()
        }
    }

    /// Ways in which an attempt can end.
    private static let endings: [(reply: ScriptedReply, outcome: String)] = [
        (.respond(200), "success"), (.respond(404), "client_error"), (.respond(500), "upstream_error"),
        (.reset, "network_error"), (.raw("nonsense\r\n\r\n"), "network_error"), (.hang, "timeout"),
        (ScriptedReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").thenClose(), "network_error"),
    ]

    @Test("however an attempt ends, its place is free again", arguments: endings.indices)
    func places(ending: Int) async throws {
        let (reply, outcome) = Self.endings[ending]
        let rules = """
            limits: [{ name: places, algorithm: concurrency, max: 1, on_limit: reject }]
            timeouts: { response: 500ms }
            """
        try await Stand.run(rules, script: { $0.target == "/first" ? reply : .respond(200) }) { stand in
            let first = try await stand.open("/first")
            try await stand.waitForMetrics("the end of the first call") { $0.outcomes(outcome) == 1 }
            #expect(try await stand.upstreamStatus()["limits"].named("places")["used"] == .number(0))
            #expect(try await stand.get("/second").status == 200)
            await first.hangUp()
        }
    }

    @Test("a caller that hangs up in flight leaves its place to the next, and until then others are refused")
    func abandonedPlace() async throws {
        let rules = "limits: [{ name: places, algorithm: concurrency, max: 1, on_limit: reject }]"
        try await Stand.run(rules) { stand in
            let flying = try await stand.hold("/flying")
            let refused = try await stand.get("/")
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "places")
            #expect(refused.retryAfter ?? 0 >= 1)
            await flying.hangUp()
            try await stand.waitForMetrics("the cancelled call") { $0.outcomes("cancelled") == 1 }
            #expect(try await stand.get("/").status == 200)
        }
    }

    @Test("a tunnel has its place until it ends")
    func tunnel() async throws {
        let fields = ["Connection: Upgrade", "Upgrade: websocket"]
        let rules = "limits: [{ name: places, algorithm: concurrency, max: 1, on_limit: reject }]"
        let script: ScriptedUpstream.Script = {
            $0["Upgrade"] == nil ? .respond(200) : .upgrade(headers: fields)
        }
        try await Stand.run(rules, script: script) { stand in
            let tunnel = try await stand.open("/", headers: fields)
            #expect(try await tunnel.response().status == 101)
            #expect(try await stand.get("/").reason == "rate_limited")
            await tunnel.hangUp()
            try await stand.waitForMetrics("the end of the tunnel") { $0.outcomes("success") == 1 }
            #expect(try await stand.get("/").status == 200)
        }
    }

    @Test("reserve: a share of the limit is for critical calls alone")
    func reserve() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 4, per: 60s, reserve: 0.5 }]
            queue: { max_wait: 0s }
            """
        try await Stand.run(rules) { stand in
            let calls = [
                ("normal", 200), ("high", 200), ("high", 429), ("normal", 429), ("critical", 200), ("critical", 200),
                ("critical", 429),
            ]
            for (priority, status) in calls {
                let answer = try await stand.get("/", headers: ["Weir-Priority: \(priority)"])
                #expect(answer.status == status)
            }
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(4))
        }
    }

    @Test("a critical call goes on where a normal one waits for what is reserved")
    func criticalPasses() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 60s, reserve: 0.5 }]
            timeouts: { request: 200s }
            queue: { max_wait: 150s }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/1").status == 200)
            let normal = try await stand.open("/2")
            try await stand.waitForLine(1)
            let critical = try await stand.get("/3", headers: ["Weir-Priority: critical"])
            #expect(critical.status == 200)
            #expect(critical["Weir-Wait-Ms"] == "0")
            #expect(stand.upstream.requests.map(\.target) == ["/1", "/3"])
            await normal.hangUp()
        }
    }
}
