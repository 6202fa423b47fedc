import Testing
import WeirTestKit

/// examples/inbound.yaml: in front of one's own service. Here the test is the load balancer that says whose call it is.
@Suite("The inbound example")
struct InboundExampleTests {
    private static func run(_ body: (Stand) async throws -> Void) async throws {
        try await Example.run(
            "inbound.yaml", upstream: "api",
            change: { $0.replacing("trusted_proxies: [10.0.0.0/8]", with: "trusted_proxies: [127.0.0.0/8]") }, body)
    }

    /// A client's address, of so many as there are.
    private static func client(_ number: Int) -> String {
        "X-Forwarded-For: 198.18.\(number / 256).\(number % 256)"
    }

    @Test(
        "5 attempts to log in, and 3 to reset a password, for each address",
        arguments: [("/login", 5), ("/password-reset", 3)])
    func attempts(path: String, count: Int) async throws {
        try await Self.run { stand in
            for client in 1...2 {
                for _ in 0..<count {
                    #expect(try await stand.post(path, headers: [Self.client(client)]).status == 200)
                }
                let refused = try await stand.post(path, headers: [Self.client(client)])
                #expect(refused.status == 429)
                #expect(refused["Weir-Limit"] == "attempts")
                // Strangers do not choose their own wait, priority or endpoint.
                let pushy = ["Weir-Max-Wait: 10s", "Weir-Priority: critical", "Weir-Endpoint: other"]
                #expect(try await stand.post(path, headers: [Self.client(client)] + pushy).status == 429)
            }
            #expect(stand.upstream.requests.count == 2 * count)
        }
    }

    @Test("A burst for each address: 20 at once, then 10 a second")
    func burst() async throws {
        try await Self.run { stand in
            let seen = try await stand.exhaust { try await stand.get("/", headers: [Self.client(1)]) }
            #expect(seen.admitted >= 20)
            #expect(Double(seen.admitted) <= 20 + 10 * seen.seconds + 1)
            #expect(seen.refusal?["Weir-Limit"] == "burst")
            #expect(try await stand.get("/", headers: [Self.client(2)]).status == 200)
        }
    }

    @Test(
        "100, 1000 and 10000 calls an hour by the tier of the key, whatever the address",
        arguments: [("", 100), ("X-Tier: unheard-of", 100), ("X-Tier: premium", 1000), ("X-Tier: enterprise", 10000)])
    func tiers(tier: String, requests: Int) async throws {
        try await Self.run { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            let lines = ["Host: \(stand.address.authority)", "X-API-Key: ours"] + (tier.isEmpty ? [] : [tier])
            var admitted = 0
            var refusals: [RawResponse] = []
            // Pipelined, and from so many addresses that none of them comes near its burst.
            for first in stride(from: 0, to: requests + 5, by: 50) {
                let numbers = first..<min(first + 50, requests + 5)
                let heads = numbers.map {
                    (["GET /a HTTP/1.1", Self.client($0 / 10)] + lines).joined(separator: "\r\n") + "\r\n\r\n"
                }
                try await client.send(heads.joined(), within: Stand.patience)
                for _ in numbers {
                    let answer = try await client.readResponse(within: Stand.patience)
                    if answer.status == 200 { admitted += 1 } else { refusals.append(answer) }
                }
            }
            await client.close()
            #expect(admitted == requests)
            #expect(refusals.count == 5)
            #expect(refusals.allSatisfy { $0.status == 429 && $0["Weir-Limit"] == "hour" })
            // Another key, and whoever has none, are not concerned.
            let other = ["X-API-Key: theirs", Self.client(60_000)]
            #expect(try await stand.get("/", headers: other).status == 200)
            #expect(try await stand.get("/", headers: [Self.client(60_001)]).status == 200)
        }
    }

    @Test("The layers of a client are a burst, an hour and a day; a user's data have a limit of their own")
    func layers() async throws {
        try await Self.run { stand in
            let endpoints = try await stand.upstreamStatus()["endpoints"]
            let windows = endpoints.named("users")["limits"].elements.map { limit in
                "\(limit["name"].string ?? "") \(limit["window_seconds"].number.map { Int($0) } ?? 0)"
            }
            #expect(windows.contains("hour 3600") && windows.contains("day 86400"), "\(windows)")
            #expect(windows.contains { $0.hasPrefix("burst") } && windows.contains { $0.hasPrefix("each_user") })
            var address = 0
            let seen = try await stand.exhaust {
                address += 1
                return try await stand.get("/users/7/orders", headers: [Self.client(address)])
            }
            #expect(seen.admitted >= 10)
            #expect(Double(seen.admitted) <= 10 + 5 * seen.seconds + 1)
            #expect(seen.refusal?["Weir-Limit"] == "each_user")
            #expect(try await stand.get("/users/8/orders", headers: [Self.client(1)]).status == 200)
        }
    }
}
