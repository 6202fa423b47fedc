import Foundation
import Testing
import WeirTestKit

/// `/status`: the shape that others read.
@Suite("The status")
struct StatusPageTests {
    private static let circuitKeys: Set<String> = [
        "state", "since", "failures_in_window", "fail_threshold", "next_probe_in_ms", "forced", "transitions",
    ]
    private static let limitKeys: Set<String> = [
        "name", "algorithm", "limit", "window_seconds", "used", "remaining", "percentage_used", "effective_factor",
        "next_free_in_ms", "keys", "shared",
    ]
    private static let outcomes: Set<String> = [
        "success", "client_error", "upstream_error", "timeout", "network_error", "circuit_open", "rate_limited",
        "cancelled", "bad_request", "draining",
    ]

    @Test("has the keys of the contract, no more and no fewer, null where nothing is known")
    func shape() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 600, per: 5s }]
            queue: { max_length: 77 }
            pool: { max_connections: 9 }
            endpoints:
              - name: place_order
                match: { path: /order }
                priority: high
                bypass_circuit: true
                limits: [{ name: orders, algorithm: token_bucket, rate: 8/s, burst: 16 }]
              - { name: open_ended, match: { path: /open }, breaker: off }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/order").status == 200)
            let page = try await HTTPCall.get(stand.admin, "/status")
            #expect(page["Content-Type"]?.hasPrefix("application/json") == true)
            let status = try JSONDecoder().decode(JSONValue.self, from: Data(page.body))
            #expect(
                status.keys == [
                    "version", "started_at", "uptime_seconds", "status", "draining", "config", "upstreams",
                ])
            #expect(status["version"] == .string("0.1.0"))
            #expect(status["status"] == .string("pass"))
            #expect(status["draining"] == .bool(false))
            #expect(status["uptime_seconds"].number ?? -1 > 0)
            let started = try #require(status["started_at"].string)
            #expect((try? Date(started, strategy: .iso8601)) != nil)
            #expect(status["config"].keys == ["path", "loaded_at", "reloads_failed"])
            #expect(status["config"]["path"] == .string(stand.weir.configurationFile.path))
            #expect(status["config"]["reloads_failed"] == .number(0))

            let upstream = status["upstreams"][0]
            #expect(
                upstream.keys == [
                    "name", "url", "listen", "mode", "status", "reasons", "frozen_for_ms", "banned", "circuit",
                    "limits", "provider", "queue", "connections", "retry_budget", "permits", "endpoints",
                ])
            #expect(upstream["name"] == .string("api"))
            #expect(upstream["url"] == .string("http://\(stand.upstream.endpoint)"))
            #expect(upstream["listen"] == .string("\(stand.address)"))
            #expect(upstream["mode"] == .string("enforce"))
            #expect(upstream["status"] == .string("pass"))
            #expect(upstream["reasons"] == .array([]))
            #expect(upstream["frozen_for_ms"] == .null)
            #expect(upstream["banned"] == .bool(false))
            #expect(upstream["circuit"] == .null)
            #expect(upstream["provider"] == .null)
            #expect(upstream["queue"].keys == ["length", "max_length", "oldest_wait_ms"])
            #expect(upstream["queue"]["max_length"] == .number(77))
            #expect(
                upstream["connections"]
                    == .object(["active": .number(0), "idle": .number(1), "max": .number(9)]))
            #expect(upstream["permits"] == .object(["outstanding": .number(0)]))

            let window = upstream["limits"].named("ip")
            #expect(window.keys == Self.limitKeys)
            #expect(window["algorithm"] == .string("sliding_window"))
            #expect(window["limit"] == .number(600))
            #expect(window["window_seconds"] == .number(5))
            #expect(window["used"] == .number(1))
            #expect(window["remaining"] == .number(599))
            #expect(window["effective_factor"] == .number(1))
            #expect(window["next_free_in_ms"] == .number(0))
            #expect(window["keys"] == .number(1))
            #expect(window["shared"] == .null)

            #expect(upstream["endpoints"].elements.map { $0["name"].string } == ["place_order", "open_ended", "other"])
            let order = upstream["endpoints"][0]
            #expect(
                order.keys == [
                    "name", "priority", "bypass_circuit", "circuit", "limits", "provider", "requests", "in_flight",
                ])
            #expect(order["priority"] == .string("high"))
            #expect(order["bypass_circuit"] == .bool(true))
            #expect(order["provider"] == .null)
            #expect(order["in_flight"] == .number(0))
            #expect(order["requests"].keys == Self.outcomes)
            #expect(order["requests"]["success"] == .number(1))
            let bucket = order["limits"].named("orders")
            #expect(bucket.keys == Self.limitKeys)
            #expect(bucket["algorithm"] == .string("token_bucket"))
            #expect(bucket["limit"] == .number(16))
            #expect(order["circuit"].keys == Self.circuitKeys)
            #expect(order["circuit"]["state"] == .string("closed"))
            #expect(order["circuit"]["since"] == .null || order["circuit"]["since"].string != nil)
            #expect(order["circuit"]["failures_in_window"] == .number(0))
            #expect(order["circuit"]["fail_threshold"] == .number(10))
            #expect(order["circuit"]["next_probe_in_ms"] == .null)
            #expect(order["circuit"]["forced"] == .null)
            #expect(order["circuit"]["transitions"] == .number(0))
            #expect(upstream["endpoints"].named("open_ended")["circuit"] == .null)
        }
    }

    @Test("?upstream= shows one upstream alone, and 404 for one that is not there")
    func filter() async throws {
        let text = """
            admin: { listen: "127.0.0.1:0" }
            upstreams:
              - { name: first, listen: "127.0.0.1:0", url: "http://127.0.0.1:1" }
              - { name: second, listen: "127.0.0.1:0", url: "http://127.0.0.1:1" }
            """
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(configuration: text)
            let admin = try await weir.adminAddress(within: Stand.patience)
            func names(_ target: String) async throws -> [String?] {
                let page = try await HTTPCall.get(admin, target)
                let status = try JSONDecoder().decode(JSONValue.self, from: Data(page.body))
                return status["upstreams"].elements.map { $0["name"].string }
            }
            #expect(try await names("/status") == ["first", "second"])
            #expect(try await names("/status?upstream=second") == ["second"])
            #expect(try await HTTPCall.get(admin, "/status?upstream=third").status == 404)
            let first = try await weir.address(of: "first")
            let second = try await weir.address(of: "second")
            #expect(first != second)
            try await weir.stop()
        }
    }

    @Test("shows who waits, and for how long")
    func queue() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s }
            queue: { max_wait: 190s, max_length: 5 }
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/").status == 200)
            let waiting = try await stand.open("/")
            try await stand.waitForLine(1)
            try await Task.sleep(for: .milliseconds(20))
            let upstream = try await stand.upstreamStatus()
            #expect(upstream["queue"]["length"] == .number(1))
            #expect(upstream["queue"]["oldest_wait_ms"].number ?? 0 >= 20)
            let limit = upstream["limits"].named("ip")
            #expect(limit["remaining"] == .number(0))
            #expect(limit["percentage_used"] == .number(100))
            #expect((1...61_000).contains(limit["next_free_in_ms"].number ?? 0))
            await waiting.hangUp()
        }
    }
}
