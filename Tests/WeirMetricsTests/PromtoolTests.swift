import Foundation
import Testing
import WeirMetrics

@Suite("promtool")
struct PromtoolTests {
    @Test("finds nothing wrong with a rendered registry")
    func checkMetrics() async throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let tool = try #require(
            path.split(separator: ":").map { $0 + "/promtool" }.first(where: FileManager.default.isExecutableFile),
            "promtool is not on the PATH: install the Debian package `prometheus`")

        let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID()).prom")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(sample().text.utf8).write(to: file)

        let check = try await Program(
            URL(filePath: tool), ["check", "metrics"], input: file, folder: FileManager.default.temporaryDirectory)
        #expect(String(decoding: check.output, as: UTF8.self) == "")
        #expect(check.status == 0)
    }

    /// A registry with every type of metric, and label values made of what must be escaped.
    private func sample() throws -> Registry {
        let registry = Registry()
        let counters = try registry.counters("mm_api_requests_total", help: "Calls \\ \"by\"\noutcome.", labels: ["to"])
        for value in ["", "a\"b", "a\\", "\n", "käse\r\t{}", "\\n\"\\"] {
            try counters.series([value]).increment(by: .max)
        }
        let gauges = try registry.gauges("mm_used_ratio", help: "Share in use.", labels: ["limit"])
        for value in [0, -0.0, 0.1, 1e300, -1e-300, .infinity, -.infinity, .nan] {
            try gauges.series(["\(value)"]).set(value)
        }
        _ = try registry.gauges("mm_unseen_ratio", help: "No series yet.")
        let histograms = try registry.histograms(
            "mm_api_overhead_seconds", help: "Time in Weir itself.", labels: ["upstream"],
            bounds: HistogramBounds(nanoseconds: [10_000, 1_000_000, 100_000_000], per: .second))
        for value in [0, 10_000, 10_001, 50_000_000, UInt64.max] {
            try histograms.series(["bybit"]).observe(value)
        }
        return registry
    }
}
