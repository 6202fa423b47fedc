import Testing
import WeirTestKit

/// Attempts that end without an answer.
@Suite("Retries without an answer")
struct RetryCauseTests {
    @Test("a connection that is refused is tried again, and spends no unit of a limit")
    func connect() async throws {
        let rules = """
            retry: { initial_delay: 1s, jitter: 0 }
            limits: [{ name: ip, algorithm: sliding_window, requests: 10, per: 60s }]
            """
        try await Stand.run(rules) { stand in
            await stand.upstream.stop()
            let call = try await stand.open("/late")
            try await stand.waitForMetrics("the refused connection") { $0.failures("connect") == 1 }
            let again = try await ScriptedUpstream.start(on: stand.upstream.endpoint)
            let answer = try await call.response()
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            #expect(again.requests.map(\.target) == ["/late"])
            let metrics = try await stand.metrics()
            #expect(metrics.retries("connect") == 1)
            #expect(metrics.sum("mm_retries_total") == 1)
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(1))
            await call.hangUp()
            await again.stop()
        }
    }

    @Test("a provider that nobody can connect to is unreachable after the last attempt, and owes the budget nothing")
    func unreachable() async throws {
        let rules = """
            retry: { initial_delay: 10ms, jitter: 0, budget: { ratio: 0, min_per_second: 20, window: 500ms } }
            breaker: off
            """
        try await Stand.run(rules) { stand in
            await stand.upstream.stop()
            for _ in 0..<3 {
                let answer = try await stand.get("/")
                #expect(answer.status == 502)
                #expect(answer.reason == "upstream_unreachable")
            }
            let metrics = try await stand.metrics()
            #expect(metrics.failures("connect") == 9)
            #expect(metrics.outcomes("network_error") == 3)
            try await stand.waitForBudget(10)
        }
    }

    @Test("no response head in time is tried again")
    func timeout() async throws {
        let rules = """
            retry: { initial_delay: 10ms, jitter: 0 }
            timeouts: { response: 300ms }
            """
        try await Stand.run(rules, script: { $0.index == 0 ? .hang : .respond(200) }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            let metrics = try await stand.metrics()
            #expect(metrics.retries("timeout") == 1)
            #expect(metrics.failures("timeout") == 1)
            #expect(metrics.outcomes("timeout") == 0)
        }
    }

    @Test(
        "a connection that breaks before the response head is complete is tried again",
        arguments: [
            ScriptedReply.closeWithoutAnswer, .reset, .raw("HTTP/1.1 200 OK\r\nContent-Len").then(.reset),
            .raw("HTTP/1.1 200 OK\r\nContent-Len").thenClose(),
        ])
    func network(reply: ScriptedReply) async throws {
        let rules = "retry: { initial_delay: 10ms, jitter: 0 }"
        try await Stand.run(rules, script: { $0.index == 0 ? reply : .respond(200) }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            let metrics = try await stand.metrics()
            #expect(metrics.retries("network") == 1)
            #expect(metrics.failures("network") == 1)
            #expect(metrics.outcomes("network_error") == 0)
        }
    }

    @Test("what retry.on does not name is not tried again")
    func otherCauses() async throws {
        let rules = "retry: { initial_delay: 10ms, jitter: 0, on: [connect, timeout] }"
        try await Stand.run(rules, script: { _ in .reset }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 502)
            #expect(stand.upstream.requests.count == 1)
        }
    }

    @Test("once a response head has been forwarded nothing is tried again")
    func brokenBody() async throws {
        let rules = "retry: { initial_delay: 10ms, jitter: 0 }"
        let script: ScriptedUpstream.Script = { _ in
            let half = ScriptedReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            return half.then(.pause(.milliseconds(50)), .close)
        }
        try await Stand.run(rules, script: script) { stand in
            let call = try await stand.open("/")
            let text = String(decoding: try await call.bytesUntilClose(), as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\nhalf"))
            let metrics = try await stand.waitForMetrics("the broken call") { $0.outcomes("network_error") == 1 }
            #expect(metrics.failures("network") == 1)
            #expect(metrics.sum("mm_retries_total") == 0)
            #expect(stand.upstream.requests.count == 1)
        }
    }
}

extension Stand {
    /// Waits until the budget has room for so many retries.
    func waitForBudget(_ remaining: Int) async throws {
        let last = Observed(JSONValue.null)
        try await withDeadline(Self.patience, waitingFor: "room for \(remaining) retries", seen: { "\(last.value)" }) {
            while true {
                let seen = try await upstreamStatus()["retry_budget"]["remaining"]
                if seen == .number(Double(remaining)) { return }
                last.change { $0 = seen }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
