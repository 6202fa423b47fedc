import Foundation
import Testing
import WeirTestKit

/// What it writes to standard error while it runs.
@Suite("Logs")
struct LogTests {
    private static func objects(_ lines: [String]) throws -> [JSONValue] {
        try lines.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
    }

    private static func waitForFile(_ path: String) async throws {
        try await withDeadline(Stand.patience, waitingFor: path, seen: { "nothing there" }) {
            while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test("format: json writes one object on each line, events and all, from the first to the last")
    func json() async throws {
        let rules = "breaker: { fail_threshold: 2, window: 60s, cooldown: 60s, min_dwell: 60s }"
        let log = "log: { format: json, access: true }"
        let upstream = try await ScriptedUpstream.start { _ in .respond(500, body: "no") }
        let text = Stand.configuration(
            rules, root: log, url: "http://\(upstream.endpoint)", listen: "unix:{folder}/api.sock",
            admin: "unix:{folder}/admin.sock")
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(configuration: text)
            try await weir.waitForLine(containing: "\"message\":\"admin\"", within: Stand.patience)
            let address = SocketEndpoint.unix(path: weir.folder.appending(path: "api.sock").path)
            for _ in 0..<3 { _ = try await HTTPCall.get(address, "/a?token=secret", within: Stand.patience) }
            weir.signal(SIGTERM)
            #expect(try await weir.waitForExit(within: Stand.patience) == 0)
            let objects = try Self.objects(weir.errorLines)
            let messages = objects.compactMap { $0["message"].string }
            #expect(messages.prefix(2) == ["listening", "admin"])
            #expect(messages.suffix(2) == ["draining", "stopped"])
            #expect(messages.count { $0 == "access" } == 3)
            let opened = objects.first { $0["message"].string == "circuit open" }
            #expect(opened?["level"].string == "warning")
            #expect(opened?["upstream"].string == "api")
            #expect(opened?["endpoint"].string == "other")
            let stamp = try #require(opened?["time"].string)
            #expect(stamp.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(stamp)")
            try await weir.stop()
        }
        await upstream.stop()
    }

    @Test("level decides what is written, but not whether calls are")
    func level() async throws {
        let upstream = try await ScriptedUpstream.start { _ in .respond(200, body: "ok") }
        let text = Stand.configuration(
            root: "log: { level: error, access: true }", url: "http://\(upstream.endpoint)",
            listen: "unix:{folder}/api.sock", admin: "unix:{folder}/admin.sock")
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(configuration: text)
            let socket = weir.folder.appending(path: "api.sock").path
            try await Self.waitForFile(socket)
            #expect(try await HTTPCall.get(.unix(path: socket), "/", within: Stand.patience).status == 200)
            weir.signal(SIGTERM)
            #expect(try await weir.waitForExit(within: Stand.patience) == 0)
            #expect(weir.errorLines.count == 1)
            #expect(weir.errorLines.first?.hasSuffix("[WeirProxy] access") == true)
            try await weir.stop()
        }
        await upstream.stop()
    }

    @Test("An event that repeats itself has a line a second, and the log says how many it left out")
    func thinned() async throws {
        try await Stand.run(changes: true) { stand in
            for state in Array(repeating: ["open", "closed"], count: 20).joined() {
                let answer = try await HTTPCall.post(
                    stand.admin, "/-/circuits/api", body: "{\"force\":\"\(state)\"}", within: Stand.patience)
                #expect(answer.status == 204)
            }
            try await stand.weir.waitForLine(containing: "suppressed=", within: Stand.patience)
            stand.weir.signal(SIGTERM)
            try await stand.weir.waitForExit(within: Stand.patience)
            for event in ["circuit open", "circuit closed"] {
                let lines = stand.weir.errorLines.filter { $0.hasSuffix(event) }
                let left = lines.compactMap { LogLine($0)["suppressed"].flatMap { Int($0) } }.reduce(0, +)
                #expect(lines.count < 20)
                #expect(lines.count + left == 20, "\(stand.weir.errorLines)")
            }
        }
    }

    @Test("A reader that does not read does not hold up calls")
    func fullPipe() async throws {
        let upstream = try await ScriptedUpstream.start { _ in .respond(200, body: "ok") }
        let text = Stand.configuration(
            root: "log: { access: true }", url: "http://\(upstream.endpoint)", listen: "unix:{folder}/api.sock",
            admin: "unix:{folder}/admin.sock")
        try await Turnstile.processes.pass {
            // A pipe that stays open since weir itself could read it, and never does: 64 KiB are soon full.
            let weir = try WeirProcess.start(
                ["-c", "mkfifo log && exec \"$0\" run \"$@\" 2<>log", try BuiltBinary.locate().path],
                configuration: text, binary: URL(filePath: "/bin/sh"))
            let socket = weir.folder.appending(path: "api.sock").path
            try await Self.waitForFile(socket)
            let path = "/" + String(repeating: "x", count: 500)
            for _ in 0..<300 {
                #expect(try await HTTPCall.get(.unix(path: socket), path, within: Stand.patience).status == 200)
            }
            weir.signal(SIGTERM)
            #expect(try await weir.waitForExit(within: Stand.patience) == 0)
            try await weir.stop()
        }
        await upstream.stop()
    }
}
