import Foundation
import Testing
import WeirTestKit

/// When a further attempt is made, and when there is none for want of time, budget or trust.
@Suite("When retries are made")
struct RetryTimingTests {
    private static let quick = "retry: { initial_delay: 10ms, jitter: 0 }"
    /// A backoff long enough to look at, within a deadline that is longer.
    private static let slow = """
        retry: { initial_delay: 30s, jitter: 0 }
        timeouts: { request: 200s, response: 100s }
        """

    @Test("Retry-After is waited for where it is longer than the backoff", arguments: [429, 503])
    func retryAfter(status: Int) async throws {
        let script: ScriptedUpstream.Script = {
            $0.index == 0 ? .respond(status, headers: ["Retry-After: 1"]) : .respond(200)
        }
        try await Stand.run(Self.quick, script: script) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            let arrivals = stand.upstream.requests.map(\.arrival)
            try #require(arrivals.count == 2)
            #expect(arrivals[1] - arrivals[0] >= 1_000_000_000)
        }
    }

    @Test("where Retry-After ends after the deadline the upstream's own answer is forwarded", arguments: [429, 503])
    func retryAfterTooLong(status: Int) async throws {
        let script: ScriptedUpstream.Script = { _ in .respond(status, headers: ["Retry-After: 3600"], body: "later") }
        try await Stand.run(Self.quick, script: script) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == status)
            #expect(answer.text == "later")
            #expect(answer.retryAfter == 3600)
            #expect(answer.reason == nil)
            #expect(answer["Weir-Attempts"] == "1")
            #expect(try await stand.metrics().sum("mm_retries_total") == 0)
        }
    }

    @Test("a backoff that would end after timeouts.request is not begun")
    func backoffTooLong() async throws {
        let rules = """
            retry: { initial_delay: 150s, max_delay: 150s, jitter: 0 }
            timeouts: { request: 100s }
            """
        try await Stand.run(rules, script: { _ in .respond(503, body: "no") }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 503)
            #expect(answer.text == "no")
            #expect(answer["Weir-Attempts"] == "1")
        }
    }

    @Test("each further backoff is longer, and counts neither as time in line nor as Weir's own")
    func backoffGrows() async throws {
        let rules = "retry: { initial_delay: 200ms, multiplier: 3, jitter: 0 }"
        try await Stand.run(rules, script: { _ in .respond(503) }) { stand in
            let answer = try await stand.get("/")
            #expect(answer["Weir-Attempts"] == "3")
            #expect(answer["Weir-Wait-Ms"] == "0")
            let arrivals = stand.upstream.requests.map(\.arrival)
            try #require(arrivals.count == 3)
            #expect(arrivals[1] - arrivals[0] >= 200_000_000)
            #expect(arrivals[2] - arrivals[1] >= 600_000_000)
            let overhead = try await stand.waitForMetrics("the end") { $0.sum("mm_api_overhead_seconds_count") == 1 }
            #expect(overhead.sum("mm_api_overhead_seconds_sum") < 0.2)
        }
    }

    @Test("a budget without room leaves the caller the upstream's own answer, and is counted")
    func budget() async throws {
        let rules = """
            retry: { initial_delay: 10ms, jitter: 0, budget: { ratio: 0, min_per_second: 0.05, window: 40s } }
            """
        try await Stand.run(rules, script: { _ in .respond(503, body: "no") }) { stand in
            #expect(try await stand.upstreamStatus()["retry_budget"]["remaining"] == .number(2))
            #expect(try await stand.get("/")["Weir-Attempts"] == "3")
            let answer = try await stand.get("/")
            #expect(answer.status == 503)
            #expect(answer.text == "no")
            #expect(answer["Weir-Attempts"] == "1")
            let metrics = try await stand.metrics()
            #expect(metrics.value("mm_retry_budget_exhausted_total", ["upstream": "api"]) == 1)
            #expect(metrics.retries("status") == 2)
            #expect(try await stand.upstreamStatus()["retry_budget"]["remaining"] == .number(0))
        }
    }

    @Test("there is no retry once the failure has opened the circuit", arguments: [1, 2])
    func circuitOpens(threshold: Int) async throws {
        let rules = Self.quick + "\nbreaker: { fail_threshold: \(threshold) }"
        try await Stand.run(rules, script: { _ in .respond(503, body: "no") }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 503)
            #expect(answer.text == "no")
            #expect(answer.reason == nil)
            #expect(answer["Weir-Attempts"] == "\(threshold)")
            #expect(stand.upstream.requests.count == threshold)
            #expect(try await stand.metrics().circuit() == .open)
        }
    }

    @Test("each attempt takes its units of the limits")
    func units() async throws {
        let rules = Self.quick + "\nlimits: [{ name: ip, algorithm: sliding_window, requests: 10, per: 60s }]"
        try await Stand.run(rules, script: { .respond($0.index < 2 ? 503 : 200) }) { stand in
            let answer = try await stand.get("/", headers: ["Weir-Cost: 3"])
            #expect(answer["Weir-Attempts"] == "3")
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(9))
        }
    }

    @Test("a further attempt stands in line for its limits like the first")
    func waitsForLimit() async throws {
        let rules = Self.quick + "\nlimits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 1s }]"
        try await Stand.run(rules, script: { .respond($0.index == 0 ? 503 : 200) }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            #expect(answer["Weir-Wait-Ms"].flatMap { Double($0) } ?? 0 > 0)
            let metrics = try await stand.metrics()
            #expect(metrics.hits() == 1)
            #expect(metrics.value("mm_rate_limit_wait_ms_count", ["upstream": "api", "endpoint": "other"]) == 2)
        }
    }

    @Test("there is no retry whose admission would come too late")
    func limitTooLate() async throws {
        let rules = Self.quick + "\nlimits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]"
        try await Stand.run(rules, script: { _ in .respond(503, body: "no") }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 503)
            #expect(answer.text == "no")
            #expect(answer["Weir-Attempts"] == "1")
            #expect(try await stand.metrics().rejections("rate_limited") == 0)
        }
    }

    @Test("places of concurrency limits are free during backoff")
    func placesInBackoff() async throws {
        let rules = Self.slow + "\nlimits: [{ name: places, algorithm: concurrency, max: 1, on_limit: reject }]"
        try await Stand.run(rules, script: { .respond($0.target == "/bad" ? 503 : 200) }) { stand in
            let call = try await stand.open("/bad")
            let metrics = try await stand.waitForMetrics("the failure") { $0.failures("503") == 1 }
            #expect(metrics.outcomes("upstream_error") == 0)
            #expect(try await stand.upstreamStatus()["limits"].named("places")["used"] == .number(0))
            #expect(try await stand.get("/good").status == 200)
            await call.hangUp()
        }
    }

    @Test("SIGTERM refuses those in backoff at once")
    func drain() async throws {
        try await Stand.run(Self.slow, script: { _ in .respond(503) }) { stand in
            let call = try await stand.open("/")
            try await stand.waitForMetrics("the failure") { $0.failures("503") == 1 }
            stand.weir.signal(SIGTERM)
            let refused = try await call.response()
            #expect(refused.status == 503)
            #expect(refused.reason == "draining")
            #expect(refused.retryAfter ?? 0 >= 1)
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
            #expect(stand.upstream.requests.count == 1)
        }
    }

    @Test("a caller that hangs up in backoff is not tried again, and its place in the budget is free")
    func hangUp() async throws {
        let rules = """
            retry: { initial_delay: 500ms, jitter: 0, budget: { ratio: 0, min_per_second: 1, window: 10s } }
            """
        try await Stand.run(rules, script: { _ in .respond(503) }) { stand in
            let call = try await stand.open("/")
            try await stand.waitForBudget(9)
            await call.hangUp()
            let metrics = try await stand.waitForMetrics("the cancelled call") { $0.outcomes("cancelled") == 1 }
            #expect(metrics.outcomes("upstream_error") == 0)
            try await stand.waitForBudget(10)
            try await Task.sleep(for: .milliseconds(700))
            #expect(stand.upstream.requests.count == 1)
            #expect(try await stand.metrics().sum("mm_retries_total") == 0)
        }
    }
}
