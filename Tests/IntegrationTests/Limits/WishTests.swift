import Testing
import WeirTestKit

/// The `Weir-*` headers of a caller, and the costs of calls.
@Suite("What callers may ask for")
struct WishTests {
    private static let oneAMinute = "limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]"

    @Test("Weir-Max-Wait shortens the wait")
    func shorterWait() async throws {
        let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 8s }]"
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/").status == 200)
            let refused = try await stand.get("/", headers: ["Weir-Max-Wait: 10ms"])
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
        }
    }

    @Test("Weir-Max-Wait lengthens the wait beyond max_wait")
    func longerWait() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 1s }]
            queue: { max_wait: 0s }
            """
        try await Stand.run(rules) { stand in
            let answers = try await withThrowingTaskGroup(of: RawResponse.self) { tasks in
                for _ in 0..<2 { tasks.addTask { try await stand.get("/", headers: ["Weir-Max-Wait: 15s"]) } }
                return try await tasks.reduce(into: [RawResponse]()) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 })
        }
    }

    @Test("Weir-Max-Wait does not lengthen timeouts.request")
    func requestTimeoutStays() async throws {
        try await Stand.run(Self.oneAMinute) { stand in
            #expect(try await stand.get("/").status == 200)
            let refused = try await stand.get("/", headers: ["Weir-Max-Wait: 1h"])
            #expect(refused.status == 429)
            #expect(refused.reason == "rate_limited")
        }
    }

    @Test("Weir-Cost takes that many units, and none when the call is refused")
    func cost() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 10, per: 60s }]
            queue: { max_wait: 0s }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/", headers: ["Weir-Cost: 7"]).status == 200)
            #expect(try await stand.get("/", headers: ["Weir-Cost: 4"]).status == 429)
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(7))
            #expect(try await stand.get("/", headers: ["Weir-Cost: 3"]).status == 200)
            #expect(try await stand.get("/").status == 429)
            let limit = try await stand.upstreamStatus()["limits"].named("ip")
            #expect(limit["used"] == .number(10))
            #expect(limit["remaining"] == .number(0))
            #expect(limit["percentage_used"] == .number(100))
            #expect(
                try await stand.metrics().value(
                    "mm_rate_limit_used_ratio", ["upstream": "api", "endpoint": "", "limit": "ip"]) == 1)
        }
    }

    @Test(
        "a wish that makes no sense is answered 400 and costs nothing",
        arguments: [
            "Weir-Cost: 11", "Weir-Cost: 0", "Weir-Cost: -1", "Weir-Cost: 1.5", "Weir-Cost: many",
            "Weir-Cost: 99999999999999999999999", "Weir-Priority: urgent", "Weir-Max-Wait: soon",
            "Weir-Endpoint: nowhere",
        ])
    func malformed(header: String) async throws {
        let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: 10, per: 60s }]"
        try await Stand.run(rules) { stand in
            let refused = try await stand.get("/", headers: [header])
            #expect(refused.status == 400)
            #expect(refused.reason == "bad_request")
            #expect(refused["Content-Type"] == "application/problem+json")
            #expect(try await stand.metrics().outcomes("bad_request") == 1)
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(0))
            #expect(stand.upstream.requests.isEmpty)
        }
    }

    @Test("a cost may come from the configuration, from a header or from the query")
    func configuredCost() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 100, per: 60s }]
            endpoints:
              - { name: fixed, match: { path: /fixed }, cost: 5 }
              - { name: header, match: { path: /header }, cost: "header:X-Weight" }
              - { name: query, match: { path: /query }, cost: "query:weight" }
            """
        try await Stand.run(rules) { stand in
            let calls: [(target: String, headers: [String], status: Int, used: Double)] = [
                ("/fixed", [], 200, 5),
                ("/header", ["X-Weight: 10"], 200, 15),
                ("/header", [], 200, 16),
                ("/header", ["X-Weight: ten"], 400, 16),
                ("/query?a=b&weight=20", [], 200, 36),
                ("/query", [], 200, 37),
                ("/query?weight=101", [], 400, 37),
            ]
            for call in calls {
                #expect(try await stand.get(call.target, headers: call.headers).status == call.status)
                let used = try await stand.upstreamStatus()["limits"].named("ip")["used"]
                #expect(used == .number(call.used), "after \(call.target)")
            }
            // Unlike the wishes that are meant for Weir, they are the caller's own business with the provider.
            #expect(stand.upstream.requests.map { $0["X-Weight"] } == [nil, "10", nil, nil, nil])
        }
    }

    @Test("Weir-Endpoint names the endpoint, whatever the path")
    func endpoint() async throws {
        let rules = "endpoints: [{ name: place_order, match: { method: POST, path: /order } }]"
        try await Stand.run(rules) { stand in
            let answer = try await stand.get("/elsewhere", headers: ["Weir-Endpoint: place_order"])
            #expect(answer.status == 200)
            #expect(answer["Weir-Endpoint"] == "place_order")
            #expect(try await stand.get("/order")["Weir-Endpoint"] == "other")
            let metrics = try await stand.metrics()
            #expect(metrics.outcomes("success", endpoint: "place_order") == 1)
            #expect(metrics.outcomes("success") == 1)
        }
    }

    @Test("caller_headers: ignore takes no wish, and forwards none")
    func ignored() async throws {
        let rules = """
            caller_headers: ignore
            limits: [{ name: ip, algorithm: sliding_window, requests: 10, per: 60s }]
            endpoints: [{ name: place_order, match: { path: /order } }]
            """
        let wishes = [
            "Weir-Cost: 9", "Weir-Priority: urgent", "Weir-Max-Wait: soon", "Weir-Endpoint: place_order",
            "Weir-Key: k",
        ]
        try await Stand.run(rules) { stand in
            let answer = try await stand.get("/", headers: wishes)
            #expect(answer.status == 200)
            #expect(answer["Weir-Endpoint"] == "other")
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(1))
            let fields = try #require(stand.upstream.requests.first).headers.fields
            #expect(!fields.contains { $0.name.hasPrefix("weir-") })
        }
    }

    @Test("wishes are not forwarded")
    func notForwarded() async throws {
        try await Stand.run { stand in
            let wishes = [
                "Weir-Cost: 2", "Weir-Priority: high", "Weir-Max-Wait: 1s", "Weir-Endpoint: other", "Weir-Key: k",
            ]
            #expect(try await stand.get("/", headers: wishes).status == 200)
            let fields = try #require(stand.upstream.requests.first).headers.fields
            #expect(!fields.contains { $0.name.hasPrefix("weir-") })
        }
    }
}
