import Synchronization
import Testing
import WeirTestKit

/// What a provider sees of a quota: stamps of arrival, judged as it would judge them.
@Suite("Quotas, as the provider counts them")
struct QuotaTests {
    @Test("no second ever holds more than the window allows, and eager callers only wait for it")
    func slidingWindow() async throws {
        let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: 50, per: 1s, margin: 200ms }]"
        try await Stand.run(rules) { stand in
            let answers = try await stand.eagerCallers(16, calls: 200)
            #expect(answers.count == 200)
            #expect(answers.allSatisfy { $0.status == 200 || ($0.status == 429 && $0.reason == "rate_limited") })
            let arrivals = stand.upstream.requests.map(\.arrival).sorted()
            #expect(arrivals.count == answers.count { $0.status == 200 })
            // A half-open second holds at most 50: each arrival is a second or more after the fiftieth before it.
            let tooClose = zip(arrivals, arrivals.dropFirst(50)).filter { $1 - $0 < 1_000_000_000 }
            #expect(tooClose.isEmpty)
        }
    }

    @Test("a burst of the whole quota after idling is served without anyone waiting")
    func burstAfterIdle() async throws {
        let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: 40, per: 1s, margin: 100ms }]"
        try await Stand.run(rules) { stand in
            for round in 1...2 {
                let answers = try await stand.burst(40)
                #expect(answers.allSatisfy { $0.status == 200 && $0["Weir-Wait-Ms"] == "0" }, "round \(round)")
                try await Task.sleep(for: .milliseconds(1200))
            }
            #expect(try await stand.metrics().hits() == 0)
            #expect(stand.upstream.requests.count == 80)
        }
    }

    @Test("a token bucket lets through its burst and then its rate, never more")
    func tokenBucket() async throws {
        let rules = "limits: [{ name: orders, algorithm: token_bucket, rate: 20/s, burst: 10 }]"
        try await Stand.run(rules) { stand in
            let answers = try await stand.eagerCallers(8, calls: 40)
            #expect(answers.allSatisfy { $0.status == 200 })
            let arrivals = stand.upstream.requests.map(\.arrival).sorted()
            // A bucket has no margin: 200 ms of jitter on the way, worth four calls, is no fault of Weir's.
            let allowance = 10.0 + 20.0 * 0.2
            for (first, start) in arrivals.enumerated() {
                for (last, end) in arrivals.enumerated().dropFirst(first) {
                    let seconds = Double(end - start) / 1e9
                    #expect(Double(last - first + 1) <= allowance + 20.0 * seconds)
                }
            }
        }
    }

    @Test("limits admit a call together or not at all, and a cancel is not behind an order that waits for orders")
    func limitsTogether() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 100, per: 60s }]
            queue: { max_wait: 100s }
            timeouts: { request: 120s }
            endpoints:
              - name: place_order
                match: { method: GET, path: /order }
                limits: [{ name: orders, algorithm: sliding_window, requests: 1, per: 60s }]
              - { name: cancel_order, match: { method: GET, path: /cancel } }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/order").status == 200)
            let order = try await stand.open("/order")
            try await stand.waitForLine(1)
            let cancel = try await stand.get("/cancel")
            #expect(cancel.status == 200)
            #expect(cancel["Weir-Endpoint"] == "cancel_order")
            #expect(cancel["Weir-Wait-Ms"] == "0")

            let upstream = try await stand.upstreamStatus()
            #expect(upstream["queue"]["length"] == .number(1))
            // The order in line holds no unit of the other limit.
            #expect(upstream["limits"].named("ip")["used"] == .number(2))
            #expect(upstream["endpoints"].named("place_order")["limits"].named("orders")["used"] == .number(1))
            #expect(stand.upstream.requests.map(\.target) == ["/order", "/cancel"])
            await order.hangUp()
        }
    }

    @Test("each endpoint has its own copy of a default limit, and one of the same name replaces it")
    func endpointDefaults() async throws {
        let rules = """
            endpoint_defaults: { limits: [{ name: each, algorithm: sliding_window, requests: 1, per: 60s }] }
            queue: { max_wait: 0s }
            endpoints:
              - { name: a, match: { path: /a } }
              - { name: b, match: { path: /b } }
              - name: c
                match: { path: /c }
                limits: [{ name: each, algorithm: sliding_window, requests: 2, per: 60s }]
            """
        try await Stand.run(rules) { stand in
            for (target, statuses) in [("/a", [200, 429]), ("/b", [200, 429]), ("/c", [200, 200, 429])] {
                for status in statuses {
                    let answer = try await stand.get(target)
                    #expect(answer.status == status)
                    #expect(answer["Weir-Limit"] == (status == 429 ? "each" : nil))
                }
            }
        }
    }
}

extension Stand {
    /// Callers that each send the next call as soon as the last is answered, over kept connections.
    fileprivate func eagerCallers(_ callers: Int, calls: Int) async throws -> [RawResponse] {
        let left = Counter(calls)
        return try await withThrowingTaskGroup(of: [RawResponse].self) { tasks in
            for _ in 0..<callers {
                tasks.addTask {
                    let client = try await RawClient.connect(to: address, within: Self.patience)
                    var answers: [RawResponse] = []
                    while left.take() {
                        try await client.send("GET / HTTP/1.1\r\nHost: \(address.authority)\r\n\r\n")
                        answers.append(try await client.readResponse(within: Self.patience))
                    }
                    await client.close()
                    return answers
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
    }
}

private final class Counter: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) {
        left = Atomic(count)
    }

    func take() -> Bool {
        left.subtract(1, ordering: .relaxed).oldValue > 0
    }
}
