import Testing
import WeirTestKit

/// The admin endpoint as a server: who may ask what.
@Suite("The admin endpoint")
struct AdminPageTests {
    @Test("answers a Host that no stranger can own, and 421 to any other")
    func host() async throws {
        try await Stand.run { stand in
            let port = stand.admin.port ?? 0
            for good in ["127.0.0.1", "127.0.0.1:\(port)", "localhost", "LOCALHOST:\(port)", "[::1]:\(port)"] {
                #expect(try await HTTPCall.get(stand.admin, "/status", headers: ["Host: \(good)"]).status == 200)
            }
            for bad in ["evil.example", "evil.example:\(port)", "127.0.0.1.evil.example", "localhost.evil.example"] {
                for path in ["/metrics", "/status", "/livez", "/readyz", "/nothing"] {
                    let answer = try await HTTPCall.get(stand.admin, path, headers: ["Host: \(bad)"])
                    #expect(answer.status == 421, "\(bad)\(path)")
                }
            }
        }
    }

    @Test("answers a name that allow_hosts has")
    func allowedHost() async throws {
        try await Turnstile.processes.pass {
            let text = Stand.configuration(url: "http://127.0.0.1:1").replacing(
                "admin: { listen: \"127.0.0.1:0\" }",
                with: "admin: { listen: \"127.0.0.1:0\", allow_hosts: [weir.internal] }")
            let weir = try WeirProcess.start(configuration: text)
            let admin = try await weir.adminAddress(within: Stand.patience)
            #expect(try await HTTPCall.get(admin, "/livez", headers: ["Host: weir.internal:9464"]).status == 200)
            #expect(try await HTTPCall.get(admin, "/livez", headers: ["Host: other.internal"]).status == 421)
            try await weir.stop()
        }
    }

    @Test("refuses other methods with 405 and Allow, other paths with 404")
    func methodsAndPaths() async throws {
        try await Stand.run { stand in
            for path in ["/metrics", "/status", "/livez", "/readyz"] {
                #expect(try await HTTPCall.get(stand.admin, path).status == 200)
                #expect(try await HTTPCall.send("HEAD", stand.admin, path).status == 200)
                for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
                    let answer = try await HTTPCall.send(method, stand.admin, path, body: "{}")
                    #expect(answer.status == 405, "\(method) \(path)")
                    #expect(answer["Allow"]?.contains("GET") == true)
                }
            }
            for path in ["/nothing", "/metrics/", "/STATUS", "/metrics/../secret", "/%2e%2e/etc/passwd"] {
                #expect(try await HTTPCall.get(stand.admin, path).status == 404, "\(path)")
            }
        }
    }

    @Test("/livez and /readyz say ok, whatever the circuits say")
    func probes() async throws {
        try await Stand.run("breaker: { fail_threshold: 1 }", script: { _ in .respond(500) }) { stand in
            _ = try await stand.get("/")
            #expect(try await stand.metrics().circuit() == .open)
            for path in ["/livez", "/readyz"] {
                let answer = try await HTTPCall.get(stand.admin, path)
                #expect(answer.status == 200)
                #expect(answer.text.hasPrefix("ok"))
            }
        }
    }

    @Test("secrets never appear: not in the metrics, not in the status, not in the log")
    func secrets() async throws {
        let rules = """
            request_headers: { X-Api-Key: "configured-secret" }
            breaker: { fail_threshold: 2, cooldown: 200ms, min_dwell: 0s }
            """
        try await Stand.run(rules, root: "log: { level: trace }", script: { _ in .respond(500) }) { stand in
            for target in ["/path-secret?key=query-secret", "/?signature=query-secret"] {
                _ = try await stand.get(
                    target, headers: ["Authorization: Bearer caller-secret", "X-Own: caller-secret"])
            }
            let sent = try #require(stand.upstream.requests.first)
            #expect(sent["X-Api-Key"] == "configured-secret")
            #expect(sent["Authorization"] == "Bearer caller-secret")
            try await stand.waitForCircuit(.halfOpen)
            await stand.upstream.stop()
            _ = try await stand.get("/?key=query-secret", headers: ["Authorization: Bearer caller-secret"])
            let pages = [
                try await stand.metrics().text, try await HTTPCall.get(stand.admin, "/status").text,
                (stand.weir.errorLines + stand.weir.outputLines).joined(separator: "\n"),
            ]
            for page in pages {
                #expect(!page.isEmpty)
                for secret in ["configured-secret", "caller-secret", "query-secret", "path-secret"] {
                    #expect(!page.contains(secret))
                }
            }
        }
    }
}
