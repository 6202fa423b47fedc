import Foundation
import Testing
import WeirTestKit

/// A real Prometheus scrapes the page, in both formats.
@Suite("A Prometheus")
struct PrometheusScrapeTests {
    @Test("scrapes OpenMetrics, which it asks for, without a warning")
    func openMetrics() async throws {
        try await Stand.run { stand in
            for _ in 0..<3 { _ = try await stand.get("/") }
            try await scrape(stand.admin, expecting: "mm_api_requests_total{outcome=\"success\"}", of: "3")
        }
    }

    @Test("scrapes the text format, which it is given by a server that has no other, without a warning")
    func text() async throws {
        try await Stand.run { stand in
            for _ in 0..<3 { _ = try await stand.get("/") }
            let page = try await HTTPCall.get(stand.admin, "/metrics", headers: ["Accept: text/plain"])
            let type = try #require(page["Content-Type"])
            #expect(type.hasPrefix("text/plain"))
            let copy = try await ScriptedUpstream.start { _ in
                .respond(200, headers: ["Content-Type: \(type)"], bytes: page.body)
            }
            try await scrape(copy.endpoint, expecting: "mm_api_requests_total{outcome=\"success\"}", of: "3")
            await copy.stop()
        }
    }

    /// Has a Prometheus scrape a page each second until a series has a value, and checks that it is happy.
    private func scrape(_ target: SocketEndpoint, expecting series: String, of value: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "prometheus.yml")
        try """
        global: { scrape_interval: 1s }
        scrape_configs: [{ job_name: weir, static_configs: [{ targets: ["\(target)"] }] }]
        """.write(to: file, atomically: true, encoding: .utf8)
        let prometheus = try WeirProcess.start(
            [
                "--config.file=\(file.path)", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:0", "--log.level=debug",
            ], binary: try Tool.find("prometheus", package: "prometheus"))
        let listening = try await prometheus.waitForLine(
            containing: "msg=\"Listening on\" address=127.0.0.1:", within: Stand.patience)
        let api = SocketEndpoint.loopback(try #require(listening.split(separator: ":").last.flatMap { Int($0) }))
        try await prometheus.waitForLine(containing: "Server is ready to receive web requests", within: Stand.patience)
        @Sendable func query(_ text: String) async throws -> JSONValue {
            let escaped = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let answer = try await HTTPCall.get(api, "/api/v1/query?query=\(escaped)", within: Stand.patience)
            return try JSONDecoder().decode(JSONValue.self, from: Data(answer.body))["data"]["result"][0]["value"][1]
        }
        try await withDeadline(Stand.patience, waitingFor: series, seen: { "" }) {
            while try await query(series) != .string(value) {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        #expect(try await query("up") == .string("1"))
        let targets = try await HTTPCall.get(api, "/api/v1/targets", within: Stand.patience)
        #expect(targets.text.contains("\"lastError\":\"\""))
        #expect(prometheus.errorLines.filter { $0.contains("level=warn") || $0.contains("level=error") } == [])
        try await prometheus.stop()
    }
}
