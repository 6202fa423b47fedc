import Foundation
import Testing
import WeirTestKit

/// A line for each call at its end.
@Suite("Access log")
struct AccessLogTests {
    /// Runs `body` with the access log on; returns its lines, read after an orderly end.
    private static func lines(
        _ rules: String = "", script: @escaping ScriptedUpstream.Script = { _ in .respond(200, body: "ok") },
        _ body: (Stand) async throws -> Void
    ) async throws -> [JSONValue] {
        var lines: [JSONValue] = []
        try await Stand.run(rules, root: "log: { access: true, format: json }", script: script) { stand in
            try await body(stand)
            stand.weir.signal(SIGTERM)
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
            lines = try stand.weir.errorLines.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
        }
        return lines.filter { $0["message"].string == "access" }
    }

    private static let orders = """
        limits: [{ name: ip, algorithm: sliding_window, requests: 2, per: 600s }]
        queue: { max_wait: 0s }
        endpoints:
          - name: orders
            match: { method: POST, path: "/orders/*" }
        """

    @Test("A forwarded call shows who served it and how it went, without query, headers and body")
    func forwarded() async throws {
        let lines = try await Self.lines(Self.orders) { stand in
            _ = try await stand.post(
                "/orders/7?key=canary", body: "canary", headers: ["Authorization: Bearer canary"])
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        #expect(line["upstream"].string == "api")
        #expect(line["endpoint"].string == "orders")
        #expect(line["method"].string == "POST")
        #expect(line["path"].string == "/orders/7")
        #expect(line["status"].number == 200)
        #expect(line["outcome"].string == "success")
        #expect(line["reason"] == .null)
        #expect(line["attempts"].number == 1)
        #expect(line["wait_ms"].number != nil)
        #expect(try #require(line["duration_ms"].number) > 0)
        #expect(!"\(line)".contains("canary"))
    }

    @Test("A refused call shows the reason and the limit")
    func refused() async throws {
        let lines = try await Self.lines(Self.orders) { stand in
            for _ in 0..<3 { _ = try await stand.get("/a") }
        }
        #expect(lines.map { $0["status"].number } == [200, 200, 429])
        #expect(lines.last?["outcome"].string == "rate_limited")
        #expect(lines.last?["reason"].string == "rate_limited")
        #expect(lines.last?["limit"].string == "ip")
        #expect(lines.last?["attempts"].number == 0)
    }

    @Test("Requests that were refused before they were routed have their line too")
    func unrouted() async throws {
        let rules = "hosts: [only.test]"
        let lines = try await Self.lines(rules) { stand in
            _ = try await HTTPCall.send("TRACE", stand.address, "/t", within: Stand.patience)
            _ = try await stand.get("/nobody")
            _ = try await stand.get("/wish", headers: ["Host: only.test", "Weir-Priority: sometimes"])
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            try await client.send("no request at all\r\n\r\n", within: Stand.patience)
            #expect(try await client.readResponse(within: Stand.patience).status == 400)
            await client.close()
        }
        #expect(lines.map { $0["reason"].string } == ["method_refused", "no_upstream", "bad_request", "bad_request"])
        #expect(lines.map { $0["status"].number } == [405, 404, 400, 400])
        #expect(lines.map { $0["path"].string } == ["/t", "/nobody", "/wish", nil])
        #expect(lines.map { $0["upstream"].string } == [nil, nil, "api", nil])
        #expect(lines.allSatisfy { $0["outcome"].string == "bad_request" })
    }

    @Test("Retries are one call with several attempts; a provider that cannot be reached is a network error")
    func attempts() async throws {
        let script: ScriptedUpstream.Script = { request in
            request.target == "/broken" ? .closeWithoutAnswer : .respond(503, body: "no")
        }
        let rules = "retry: { initial_delay: 1ms, jitter: 0 }\nfeedback: { headers: none }"
        let lines = try await Self.lines(rules, script: script) { stand in
            _ = try await stand.get("/down")
            _ = try await stand.post("/broken")
        }
        #expect(lines.map { $0["attempts"].number } == [3, 1])
        #expect(lines.map { $0["outcome"].string } == ["upstream_error", "network_error"])
        #expect(lines.map { $0["reason"].string } == [nil, "upstream_unreachable"])
        #expect(lines.map { $0["status"].number } == [503, 502])
    }

    @Test("A call that its caller gives up has an outcome and no status")
    func cancelled() async throws {
        let lines = try await Self.lines(script: { _ in .hang }) { stand in
            let call = try await stand.open("/gone")
            try await stand.upstream.wait(for: "the call", within: Stand.patience) { $0.requests.count == 1 }
            await call.hangUp()
            try await stand.waitForMetrics("the end of the call") { $0.outcomes("cancelled") == 1 }
        }
        #expect(lines.count == 1)
        #expect(lines.first?["outcome"].string == "cancelled")
        #expect(lines.first?["status"] == .null)
        #expect(lines.first?["attempts"].number == 1)
    }

    @Test("A path is shown in visible ASCII, and not more of it than fits a line")
    func longPath() async throws {
        let long = "/" + String(repeating: "x", count: 5000)
        let lines = try await Self.lines { stand in
            _ = try await stand.get("/a%0Ab\"c")
            _ = try await stand.get(long)
        }
        #expect(lines.first?["path"].string == "/a%0Ab%22c")
        #expect(lines.last?["path"].string == long.prefix(512) + "...")
    }

    @Test("It is off by default")
    func off() async throws {
        try await Stand.run { stand in
            _ = try await stand.get("/")
            stand.weir.signal(SIGTERM)
            try await stand.weir.waitForExit(within: Stand.patience)
            #expect(!stand.weir.errorLines.contains { $0.contains("access") })
        }
    }
}
