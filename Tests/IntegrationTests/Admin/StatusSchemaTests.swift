import Foundation
import Testing
import WeirTestKit

/// `docs/status.schema.json`, judged by live answers.
@Suite("The schema of the status")
struct StatusSchemaTests {
    /// Every algorithm, keyed and not, a reserve, a circuit per endpoint and none, and a provider that speaks.
    private static let rules = """
        retry: { max_attempts: 1 }
        breaker: { fail_threshold: 2 }
        limits:
          - { name: ip, algorithm: sliding_window, requests: 600, per: 5s, reserve: 0.1 }
          - { name: minute, algorithm: calendar_window, requests: 600, per: 1m }
          - { name: client, algorithm: token_bucket, rate: 8/s, burst: 16, key: "header:X-Client" }
          - { name: flight, algorithm: concurrency, max: 4 }
        endpoints:
          - { name: spaced, match: { path: /spaced }, limits: [{ name: gap, algorithm: spacing, every: 1ms }] }
          - { name: plain, match: { path: /plain }, breaker: off }
        """

    @Test("accepts what is answered: calm, with a circuit open, and frozen by the provider")
    func live() async throws {
        let script: ScriptedUpstream.Script = { request in
            switch request.target {
            case "/fails": .respond(500)
            case "/stop": .respond(429, headers: ["Retry-After: 60"])
            default: .respond(200, headers: ["X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 40"])
            }
        }
        try await Stand.run(Self.rules, script: script) { stand in
            try await expectAccepted(stand)
            for path in ["/spaced", "/plain", "/fails", "/fails"] { _ = try await stand.get(path) }
            #expect(try await stand.upstreamStatus()["status"] == .string("warn"))
            try await expectAccepted(stand)
            _ = try await stand.get("/plain")
            _ = try await stand.get("/stop")
            try await expectAccepted(stand)
        }
    }

    @Test("refuses what is not an answer")
    func refuses() async throws {
        #expect(try await Self.judge(Array(#"{"version": "0.1.0"}"#.utf8)) != 0)
    }

    private func expectAccepted(_ stand: Stand) async throws {
        let page = try await HTTPCall.get(stand.admin, "/status")
        let text = String(decoding: page.body, as: UTF8.self)
        #expect(try await Self.judge(Array(page.body)) == 0, "\(text)")
    }

    /// What Debian's python3-jsonschema says: 0 where the document is accepted.
    private static func judge(_ document: [UInt8]) async throws -> Int32 {
        let schema = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/status.schema.json")
        let file = FileManager.default.temporaryDirectory.appending(path: "weir-status-\(UUID().uuidString).json")
        try Data(document).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let judge = try WeirProcess.start(
            ["-m", "jsonschema", "-i", file.path, schema.path], binary: URL(filePath: "/usr/bin/python3"))
        return try await judge.waitForExit(within: Stand.patience)
    }
}
