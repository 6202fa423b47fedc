import Testing
import WeirTestKit

/// Everything that can happen to calls, all at once.
@Suite("What is taken is given back")
struct ConservationTests {
    private static let rules = """
        limits:
          - { name: places, algorithm: concurrency, max: 5 }
          - { name: user, algorithm: concurrency, max: 2, key: "header:X-User" }
          - { name: pace, algorithm: token_bucket, rate: 400/s, burst: 40 }
        queue: { max_wait: 1s, max_length: 10 }
        breaker: { fail_threshold: 40, cooldown: 50ms, min_dwell: 0s, probe_count: 2, slow_call: 60ms }
        retry: { initial_delay: 5ms, budget: { ratio: 0.2, min_per_second: 50, window: 1s } }
        timeouts: { response: 100ms, request: 2s }
        feedback: { ban_statuses: [] }
        pool: { max_connections: 6 }
        """

    /// What a provider does on a bad day, in turn.
    private static let script: ScriptedUpstream.Script = { request in
        let half = ScriptedReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        return switch request.index * 7 % 19 {
        case 0: .reset
        case 1: .closeWithoutAnswer
        case 2: .hang
        case 3: half.thenClose()
        case 4: half.then(.pause(.milliseconds(20)), .reset)
        case 5: .respond(503, body: "no")
        case 6: .respond(500).after(.milliseconds(70))
        case 7: .respond(200, body: "late").after(.milliseconds(30))
        case 8: .raw("what is this\r\n\r\n")
        case 9: .respond(200).thenClose()
        case 10: ScriptedReply.raw("HTTP/1.1 503 No\r\nContent-Length: 99\r\n\r\n").then(.hang)
        default: .respond(200, body: "ok")
        }
    }

    @Test("whatever becomes of calls and callers, nothing stays taken, and each call is counted once")
    func storm() async throws {
        try await Stand.run(Self.rules, script: Self.script) { stand in
            let answered = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for caller in 0..<16 { tasks.addTask { try await stand.erraticCaller(caller, calls: 30) } }
                return try await tasks.reduce(0, +)
            }
            let quiet = try await stand.waitForMetrics("the end of the last call") {
                $0.sum("mm_upstream_connections", ["state": "active"]) == 0 && $0.sum("mm_queue_length") == 0
            }
            #expect(quiet.sum("mm_retries_total") > 0)
            for outcome in ["success", "upstream_error", "timeout", "network_error", "cancelled"] {
                #expect(quiet.outcomes(outcome) ?? 0 > 0, "\(outcome)")
            }
            let outcomes = quiet.sum("mm_api_requests_total", ["upstream": "api"])
            #expect((Double(answered)...480).contains(outcomes))
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["limits"].named("places")["used"] == .number(0))
            #expect(upstream["endpoints"].named("other")["in_flight"] == .number(0))
            #expect(upstream["queue"]["length"] == .number(0))
            try await stand.waitForMetrics("every key to be forgotten") { $0.sum("mm_rate_limit_keys") == 0 }

            // And it goes on as if nothing had been.
            stand.upstream.setScript { _ in .respond(200) }
            try await stand.waitForMetrics("the circuit to let calls pass") { $0.circuit() != .open }
            _ = try await stand.get("/")
            _ = try await stand.get("/")
            try await stand.waitForCircuit(.closed)
            let answers = try await stand.burst(5)
            #expect(answers.allSatisfy { $0.status == 200 })
        }
    }
}

extension Stand {
    /// A caller that hangs up on every fifth call. Returns how many were answered.
    fileprivate func erraticCaller(_ caller: Int, calls: Int) async throws -> Int {
        var answered = 0
        for number in 0..<calls {
            let key = number % 3 == 0 ? "Idempotency-Key: k\r\n" : ""
            let lines = "\(number % 2 == 0 ? "GET" : "POST") /\(caller)/\(number) HTTP/1.1\r\nHost: a\r\n\(key)"
            let client = try await RawClient.connect(to: address, within: Self.patience)
            try await client.send(
                lines + "X-User: \(caller % 6)\r\nContent-Length: 4\r\n\r\nbody", within: Self.patience)
            if (caller + number) % 5 == 0 {
                try await Task.sleep(for: .milliseconds(number * 2))
            } else {
                _ = try await client.readHead(within: Self.patience)
                answered += 1
            }
            await client.close()
        }
        return answered
    }
}
