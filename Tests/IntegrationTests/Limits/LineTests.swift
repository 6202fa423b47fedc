import Testing
import WeirTestKit

/// Waiting for admission: who waits, for how long, in which order, and who is turned away.
@Suite("The line")
struct LineTests {
    /// One call a minute, and calls that may wait longer than that.
    private static let oneAMinute = """
        limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
        timeouts: { request: 200s }
        """

    @Test("a wait shows in Weir-Wait-Ms, in the hits and in the histogram of waits")
    func waitShows() async throws {
        let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 2s }]"
        try await Stand.run(rules) { stand in
            let answers = [try await stand.get("/1"), try await stand.get("/2")]
            let waits = answers.compactMap { $0["Weir-Wait-Ms"].flatMap { Double($0) } }
            #expect(answers.allSatisfy { $0.status == 200 && $0["Weir-Attempts"] == "1" })
            try #require(waits.count == 2)
            #expect(waits[0] == 0)
            #expect(waits[1] > 0)
            let metrics = try await stand.metrics()
            let labels = ["upstream": "api", "endpoint": "other"]
            #expect(metrics.hits() == 1)
            #expect(metrics.value("mm_rate_limit_wait_ms_count", labels) == 2)
            #expect(metrics.value("mm_rate_limit_wait_ms_bucket", labels.merging(["le": "1.0"]) { $1 }) == 1)
            let sum = try #require(metrics.value("mm_rate_limit_wait_ms_sum", labels))
            #expect(abs(sum - waits[1]) < 0.01)
            #expect(metrics.rejections("rate_limited") == 0)
        }
    }

    @Test("a call whose turn comes after max_wait is refused at once, with the limit and when to come back")
    func tooLong() async throws {
        try await Stand.run(Self.oneAMinute + "\nqueue: { max_wait: 40s }") { stand in
            #expect(try await stand.get("/").status == 200)
            // Refused when its wait is over instead, it would be beyond the test's patience.
            let refused = try await stand.get("/")
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "ip")
            #expect((1...61).contains(refused.retryAfter ?? 0))
            #expect(refused["Content-Type"] == "application/problem+json")
            let problem = try refused.problem()
            #expect(problem.keys == Self.problemKeys)
            #expect(problem["status"] == .number(429))
            #expect(problem["reason"] == .string("rate_limited"))
            #expect(problem["upstream"] == .string("api"))
            #expect(problem["endpoint"] == .string("other"))
            #expect(problem["limit"] == .string("ip"))
            #expect(problem["retry_after_ms"].number ?? 0 > 0)

            let metrics = try await stand.metrics()
            #expect(metrics.rejections("rate_limited") == 1)
            #expect(metrics.hits() == 1)
            #expect(metrics.outcomes("rate_limited") == 1)
            #expect(stand.upstream.requests.count == 1)
        }
    }

    private static let problemKeys: Set<String> = [
        "type", "title", "status", "detail", "reason", "upstream", "endpoint", "limit", "retry_after_ms",
    ]

    @Test("a call that waits until its deadline for nothing is refused then")
    func deadline() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: token_bucket, rate: 30/m, burst: 1 }]
            queue: { max_wait: 3s }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/").status == 200)
            let waiting = try await stand.open("/waiting")
            try await stand.waitForLine(1)
            // Takes the turn that was foreseen for it; the next one comes after its deadline.
            let critical = try await stand.open("/critical", headers: ["Weir-Priority: critical"])
            let refused = try await waiting.response()
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "ip")
            #expect(refused.retryAfter ?? 0 >= 1)
            #expect(try await critical.response().status == 200)
            #expect(stand.upstream.requests.map(\.target) == ["/", "/critical"])
        }
    }

    @Test("on_limit: reject refuses instead of letting wait")
    func reject() async throws {
        let rules = """
            limits: [{ name: hard, algorithm: sliding_window, requests: 1, per: 5s, on_limit: reject }]
            queue: { max_wait: 10s }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/").status == 200)
            let refused = try await stand.get("/")
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "hard")
            #expect(refused.retryAfter ?? 0 >= 1)
        }
    }

    @Test(
        "a call that waited for a connection, and then finds the limit used up, is refused at once like any other",
        arguments: [
            ("on_limit: reject", "max_wait: 150s"), ("on_limit: wait", "max_wait: 0s"),
            ("on_limit: wait", "max_wait: 40s"),
        ])
    func noConnectionFirst(onLimit: String, maxWait: String) async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 60s, \(onLimit) }]
            queue: { \(maxWait) }
            timeouts: { connect: 40s, request: 200s, response: 100s }
            pool: { max_connections: 1 }
            """
        try await Stand.run(rules) { stand in
            let flying = try await stand.hold("/1")
            // Only the want of a connection holds these two back, for as long as the first call has it.
            let second = try await stand.open("/2")
            try await stand.waitForLine(1)
            let third = try await stand.open("/3")
            // Whether it is refused on its arrival, since the second call will take the last unit, or when that has.
            try await stand.waitForMetrics("the third call") {
                $0.sum("mm_queue_length") == 2 || $0.rejections("rate_limited") == 1
            }
            try await flying.finish()
            #expect(try await flying.response().status == 200)
            #expect(try await second.response().status == 200)
            // Refused when its wait is over instead, it would be beyond the test's patience.
            let refused = try await third.response()
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
            #expect(refused["Weir-Limit"] == "ip")
            #expect(stand.upstream.requests.map(\.target) == ["/1", "/2"])
            let metrics = try await stand.metrics()
            #expect(metrics.hits() == 1)
            #expect(metrics.rejections("rate_limited") == 1)
        }
    }

    @Test("a call that waited for a connection and then for a limit counts as a hit, and waits from its arrival")
    func noConnectionThenLimit() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 2s }]
            pool: { max_connections: 1 }
            """
        try await Stand.run(rules) { stand in
            let flying = try await stand.hold("/1")
            // Its window is over while it is in flight still.
            try await Task.sleep(for: .milliseconds(2100))
            let second = try await stand.open("/2")
            try await stand.waitForLine(1)
            let third = try await stand.open("/3")
            try await stand.waitForLine(2)
            try await flying.finish()
            #expect(try await second.response()["Weir-Wait-Ms"] == "0")
            let waited = try #require(try await third.response()["Weir-Wait-Ms"].flatMap { Double($0) })
            #expect(waited > 0)
            #expect(try await stand.metrics().hits() == 1)
        }
    }

    @Test("a full line refuses its next caller, and drops its newest of a lower class for a higher one")
    func queueFull() async throws {
        try await Stand.run(Self.oneAMinute + "\nqueue: { max_wait: 190s, max_length: 1 }") { stand in
            #expect(try await stand.get("/").status == 200)
            let waiting = try await stand.open("/waiting")
            try await stand.waitForLine(1)

            let refused = try await stand.get("/refused")
            #expect(refused.status == 429)
            #expect(refused.reason == "queue_full")
            #expect(refused.retryAfter ?? 0 >= 1)

            let critical = try await stand.open("/critical", headers: ["Weir-Priority: critical"])
            let dropped = try await waiting.response()
            #expect(dropped.status == 429)
            #expect(dropped.reason == "queue_full")
            let metrics = try await stand.metrics()
            #expect(metrics.rejections("queue_full") == 2)
            #expect(metrics.outcomes("rate_limited") == 2)
            #expect(metrics.value("mm_queue_length", ["upstream": "api", "priority": "critical"]) == 1)
            #expect(metrics.value("mm_queue_length", ["upstream": "api", "priority": "normal"]) == 0)
            #expect(try await stand.upstreamStatus()["reasons"] == .array([.string("line_full")]))
            await critical.hangUp()
        }
    }

    @Test(
        "a critical call overtakes the normal ones in line, whoever says that it is critical",
        arguments: [("/any", ["Weir-Priority: critical"]), ("/cancel", [])])
    func priority(target: String, headers: [String]) async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 2s }]
            endpoints: [{ name: cancel, match: { path: /cancel }, priority: critical }]
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/first").status == 200)
            let normal = try await stand.open("/normal")
            try await stand.waitForLine(1)
            let critical = try await stand.open(target, headers: headers)
            #expect(try await critical.response().status == 200)
            #expect(stand.upstream.requests.map(\.target) == ["/first", target])
            await normal.hangUp()
        }
    }

    @Test(
        "a caller that closes or half-closes in line is not sent upstream, uses no quota and does not stop the next",
        arguments: [true, false])
    func leaving(closing: Bool) async throws {
        let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 2s }]"
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/first").status == 200)
            let leaver = try await stand.open("/leaver")
            try await stand.waitForLine(1)
            let next = try await stand.open("/next")
            if closing { await leaver.hangUp() } else { try await leaver.halfClose() }
            try await stand.waitForMetrics("the cancelled call") { $0.outcomes("cancelled") == 1 }
            #expect(try await next.response().status == 200)
            #expect(stand.upstream.requests.map(\.target) == ["/first", "/next"])
            #expect(try await stand.upstreamStatus()["queue"]["length"] == .number(0))
            await leaver.hangUp()
        }
    }
}
