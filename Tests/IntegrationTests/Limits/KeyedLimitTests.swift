import Testing
import WeirTestKit

/// Limits that hold for each key apart.
@Suite("Limits by key")
struct KeyedLimitTests {
    /// Two calls that the key tells apart.
    struct Pair: Sendable, CustomTestStringConvertible {
        let key: String
        let one: (target: String, headers: [String])
        let two: (target: String, headers: [String])

        var testDescription: String { key }
    }

    private static let pairs = [
        Pair(key: "header:X-User", one: ("/u/a", ["X-User: a"]), two: ("/u/a", ["x-user: b"])),
        Pair(key: "header:Weir-Key", one: ("/u/a", ["Weir-Key: a"]), two: ("/u/a", ["Weir-Key: b"])),
        Pair(key: "query:user", one: ("/u/a?x=1&user=a", []), two: ("/u/a?x=1&user=b", [])),
        Pair(key: "cookie:session", one: ("/u/a", ["Cookie: l=de; session=a"]), two: ("/u/a", ["Cookie: session=b"])),
        Pair(key: "path:user", one: ("/u/a", []), two: ("/u/b", [])),
        Pair(
            key: "client_ip", one: ("/u/a", ["X-Forwarded-For: 192.0.2.1"]),
            two: ("/u/a", ["X-Forwarded-For: 2001:db8::1"])),
        Pair(
            key: "[header:X-User, query:symbol]", one: ("/u/a?symbol=BTC", ["X-User: a"]),
            two: ("/u/a?symbol=ETH", ["X-User: a"])),
    ]

    /// One call a minute for each key of the endpoint `users`; the rest of the upstream is without limit.
    private static func rules(_ limit: String, upstream: String = "") -> String {
        """
        \(upstream)
        trusted_proxies: [127.0.0.1]
        queue: { max_wait: 0s }
        endpoints:
          - name: users
            match: { path: "/u/{user}" }
            limits: [{ name: user, algorithm: sliding_window, requests: 1, per: 60s, \(limit) }]
        """
    }

    @Test("one key's calls are nothing to another's", arguments: pairs)
    func apart(pair: Pair) async throws {
        try await Stand.run(Self.rules("key: \(Self.quoted(pair.key))")) { stand in
            for call in [pair.one, pair.two] {
                #expect(try await stand.get(call.target, headers: call.headers).status == 200)
            }
            for call in [pair.one, pair.two] {
                let refused = try await stand.get(call.target, headers: call.headers)
                #expect(refused.status == 429)
                #expect(refused.reason == "rate_limited")
                #expect(refused["Weir-Limit"] == "user")
            }
            #expect(try await stand.get("/else").status == 200)
            let limit = try await stand.upstreamStatus()["endpoints"].named("users")["limits"].named("user")
            #expect(limit["keys"] == .number(2))
            for figure in ["used", "remaining", "percentage_used", "next_free_in_ms"] {
                #expect(limit[figure] == .null, "\(figure)")
            }
            let metrics = try await stand.metrics()
            #expect(metrics.value("mm_rate_limit_keys", Self.labels) == 2)
            #expect(metrics.value("mm_rate_limit_used_ratio", Self.labels) == nil)
            #expect(!metrics.text.contains("192.0.2.1"))
        }
    }

    private static let labels = ["upstream": "api", "endpoint": "users", "limit": "user"]

    private static func quoted(_ key: String) -> String { key.hasPrefix("[") ? key : "\"\(key)\"" }

    @Test(
        "a call without its key: skipped, one common key, or refused",
        arguments: [("skip", [200, 200]), ("shared", [200, 429]), ("reject", [400, 400])])
    func missing(rule: String, statuses: [Int]) async throws {
        try await Stand.run(Self.rules("key: \"header:X-User\", key_missing: \(rule)")) { stand in
            for status in statuses {
                let answer = try await stand.get("/u/a")
                #expect(answer.status == status)
                #expect(answer["Weir-Limit"] == (status == 200 ? nil : "user"))
                #expect(answer.reason == [400: "bad_request", 429: "rate_limited"][status])
            }
            #expect(try await stand.get("/u/a", headers: ["X-User: a"]).status == 200)
            #expect(stand.upstream.requests.count == statuses.count { $0 == 200 } + 1)
        }
    }

    @Test("caller_headers: ignore takes no Weir-Key for a key")
    func ignoredKey() async throws {
        let rules = Self.rules("key: \"header:Weir-Key\"", upstream: "caller_headers: ignore")
        try await Stand.run(rules) { stand in
            let answer = try await stand.get("/u/a", headers: ["Weir-Key: a"])
            #expect(answer.status == 200)
            #expect(try await stand.get("/u/a", headers: ["Weir-Key: b"]).status == 429)
        }
    }

    @Test("client_ip is the last address that no trusted proxy vouches for: what stands before it is not believed")
    func forwardedFor() async throws {
        let rules = Self.rules("key: client_ip").replacing("[127.0.0.1]", with: "[127.0.0.0/8, \"::1\"]")
        try await Stand.run(rules) { stand in
            let calls = [
                ("192.0.2.1", 200), ("203.0.113.9, 192.0.2.1", 429), ("192.0.2.1, 127.0.0.5", 429),
                ("198.51.100.7, 192.0.2.2", 200), ("192.0.2.1,192.0.2.2 , 127.9.9.9", 429),
            ]
            for (forwarded, status) in calls {
                let answer = try await stand.get("/u/a", headers: ["X-Forwarded-For: \(forwarded)"])
                #expect(answer.status == status, "\(forwarded)")
            }
            // In two lines as well as in one.
            let headers = ["X-Forwarded-For: 192.0.2.9", "X-Forwarded-For: 192.0.2.1"]
            #expect(try await stand.get("/u/a", headers: headers).status == 429)
        }
    }

    @Test("from whom nobody trusts, X-Forwarded-For says nothing")
    func untrustedProxy() async throws {
        let rules = Self.rules("key: client_ip").replacing("[127.0.0.1]", with: "[10.0.0.0/8]")
        try await Stand.run(rules) { stand in
            let answer = try await stand.get("/u/a", headers: ["X-Forwarded-For: 192.0.2.1"])
            #expect(answer.status == 200)
            #expect(try await stand.get("/u/a", headers: ["X-Forwarded-For: 192.0.2.2"]).status == 429)
        }
    }

    @Test("tiers give each class of callers figures of its own")
    func tiers() async throws {
        let tiers = "tiers: { by: \"header:X-Tier\", default: free, free: { requests: 1 }, paid: { requests: 3 } }"
        try await Stand.run(Self.rules("key: \"header:X-User\", \(tiers)")) { stand in
            for (tier, statuses) in [("free", [200, 429]), ("paid", [200, 200, 200, 429])] {
                for status in statuses {
                    let answer = try await stand.get("/u/a", headers: ["X-User: a", "X-Tier: \(tier)"])
                    #expect(answer.status == status, "\(tier)")
                }
            }
            // What says nothing, or nothing known, is of the default tier.
            #expect(try await stand.get("/u/a", headers: ["X-User: a"]).status == 429)
            #expect(try await stand.get("/u/a", headers: ["X-User: a", "X-Tier: gold"]).status == 429)
            #expect(try await stand.get("/u/a", headers: ["X-User: b"]).status == 200)
        }
    }

    @Test("beyond max_keys the longest idle key is forgotten, and that is counted")
    func evictions() async throws {
        try await Stand.run(Self.rules("key: \"header:X-User\", max_keys: 2")) { stand in
            for (user, status) in [("a", 200), ("b", 200), ("c", 200), ("c", 429), ("a", 200), ("c", 429), ("b", 200)] {
                let answer = try await stand.get("/u/a", headers: ["X-User: \(user)"])
                #expect(answer.status == status, "\(user)")
            }
            let metrics = try await stand.metrics()
            #expect(metrics.value("mm_rate_limit_keys", Self.labels) == 2)
            #expect(metrics.value("mm_rate_limit_key_evictions_total", Self.labels) == 3)
        }
    }

    @Test("a call waits only behind those of its own key")
    func lineByKey() async throws {
        let rules = """
            timeouts: { request: 200s }
            queue: { max_wait: 150s }
            limits: [{ name: user, algorithm: sliding_window, requests: 1, per: 60s, key: "header:X-User" }]
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/1", headers: ["X-User: a"]).status == 200)
            let waiting = try await stand.open("/2", headers: ["X-User: a"])
            try await stand.waitForLine(1)
            let other = try await stand.get("/3", headers: ["X-User: b"])
            #expect(other.status == 200)
            #expect(other["Weir-Wait-Ms"] == "0")
            await waiting.hangUp()
        }
    }
}
