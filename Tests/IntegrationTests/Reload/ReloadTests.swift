import Foundation
import Testing
import WeirTestKit

/// What a reload takes, what it refuses, and how it tells.
@Suite("Reloading")
struct ReloadTests {
    private static let wrong = "limits: [{ name: ip, algorithm: sliding_window, requests: 0, per: five }]"

    @Test("a configuration with problems changes nothing, and every problem is told")
    func refused() async throws {
        try await Stand.run("limits: [{ name: ip, algorithm: sliding_window, requests: 5, per: 60s }]", changes: true) {
            stand in
            let before = try await stand.status()["config"]
            let answer = try await stand.reload(Self.wrong)
            #expect(answer.status == 422)
            let problems = try answer.problems()
            #expect(problems.contains { $0.contains("weir.yaml:") && $0.contains("limits[0].requests") })
            #expect(problems.contains { $0.contains("limits[0].per") && $0.contains("five") })
            #expect(try await stand.metrics().value("mm_config_last_reload_successful") == 0)
            let config = try await stand.status()["config"]
            #expect(config["reloads_failed"] == .number(1))
            #expect(config["loaded_at"] == before["loaded_at"])
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["limit"] == .number(5))
            #expect(try await stand.get("/").status == 200)
            let event = try await stand.events(1)[0]
            #expect(event.type == "reload")
            #expect(event.data["ok"] == .bool(false))
            #expect(event.data["problems"].elements.compactMap(\.string) == problems)
            let line = try await stand.weir.waitForLine(containing: "configuration not reloaded")
            #expect(problems.allSatisfy { line.contains($0.split(separator: "\"")[0]) })
        }
    }

    @Test("one without is in force at once, and told of, by POST and by SIGHUP")
    func taken() async throws {
        try await Stand.run(changes: true) { stand in
            let before = try await stand.metrics().value("mm_config_last_reload_success_timestamp_seconds")
            #expect(try await stand.reload(Self.wrong).status == 422)
            try stand.weir.writeConfiguration(
                Stand.configuration(
                    "limits: [{ name: ip, algorithm: sliding_window, requests: 7, per: 60s }]",
                    url: "http://\(stand.upstream.endpoint)", changes: true))
            stand.weir.signal(SIGHUP)
            let metrics = try await stand.waitForMetrics("the reload") {
                $0.value("mm_config_last_reload_successful") == 1
            }
            #expect(metrics.value("mm_config_last_reload_success_timestamp_seconds") ?? 0 > before ?? 0)
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["limit"] == .number(7))
            let page = try await HTTPCall.get(stand.admin, "/config", within: Stand.patience)
            #expect(page.text.contains("requests: 7"))
            #expect(try await stand.status()["config"]["reloads_failed"] == .number(0))
            let event = try await stand.events(2)[1]
            #expect(event.data["ok"] == .bool(true))
            #expect(event.data["problems"] == .array([]))
            let line = try await stand.weir.waitForLine(containing: "configuration reloaded")
            #expect(line.contains("api changed"))
        }
    }

    @Test("what cannot change while Weir runs is a problem that names it")
    func fixed() async throws {
        try await Stand.run(changes: true) { stand in
            let url = "http://\(stand.upstream.endpoint)"
            let text = Stand.configuration(url: url, admin: "127.0.0.1:9", changes: true)
                .replacing("allow_changes: true", with: "max_connections: 9")
            let answer = try await stand.reload(configuration: text)
            #expect(answer.status == 422)
            let problems = try answer.problems()
            #expect(problems.count == 2)
            for key in ["admin.listen", "admin.max_connections"] {
                #expect(
                    problems.contains { $0.hasSuffix("weir.yaml: \(key): cannot change while Weir runs; restart it") })
            }
            #expect(try await HTTPCall.post(stand.admin, "/-/reload", within: Stand.patience).status == 422)
        }
    }

    @Test("whether changes are allowed, and for which hosts, applies at once")
    func admission() async throws {
        try await Stand.run(changes: true) { stand in
            let url = "http://\(stand.upstream.endpoint)"
            let hosted = ["Host: weir.test"]
            #expect(try await HTTPCall.get(stand.admin, "/livez", headers: hosted).status == 421)
            let text = Stand.configuration(url: url).replacing("0\" }", with: "0\", allow_hosts: [weir.test] }")
            let answer = try await stand.reload(configuration: text)
            #expect(answer.status == 202)
            #expect(try await HTTPCall.get(stand.admin, "/livez", headers: hosted).status == 200)
            #expect(try await HTTPCall.post(stand.admin, "/-/reload", within: Stand.patience).status == 403)
        }
    }

    @Test("what is embedded in the program cannot be reloaded, and says so")
    func embedded() async throws {
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(["demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            _ = try await weir.address(of: "exchange", within: Stand.patience)
            weir.signal(SIGHUP)
            let line = try await weir.waitForLine(containing: "configuration not reloaded", within: Stand.patience)
            #expect(line.contains("embedded"))
            try await weir.stop()
        }
    }

    @Test("a wish to reload while it drains is ignored")
    func draining() async throws {
        try await Stand.run(changes: true) { stand in
            let call = try await stand.hold("/")
            stand.weir.signal(SIGTERM)
            try await stand.weir.waitForLine(containing: "draining", within: Stand.patience)
            stand.weir.signal(SIGHUP)
            try await stand.weir.waitForLine(containing: "SIGHUP ignored: Weir is draining", within: Stand.patience)
            try await call.finish()
            #expect(try await call.response().status == 200)
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
        }
    }

    @Test("the log changes its level and its form, and tells of calls, at once")
    func log() async throws {
        try await Stand.run(changes: true) { stand in
            #expect(try await stand.reload(root: "log: { level: error }").status == 202)
            let lines = stand.weir.errorLines.count
            #expect(try await stand.reload(root: "log: { level: error }\ndrain_timeout: 5s").status == 202)
            #expect(try await stand.reload(root: "log: { format: json, access: true }").status == 202)
            try await stand.weir.waitForLine(containing: "configuration reloaded", after: lines)
            #expect(stand.weir.errorLines.dropFirst(lines).count { $0.contains("configuration reloaded") } == 1)
            #expect(try await stand.get("/told").status == 200)
            let line = try await stand.weir.waitForLine(containing: "/told", after: lines)
            #expect(line.hasPrefix("{") && line.contains("\"outcome\":\"success\""))
        }
    }
}
