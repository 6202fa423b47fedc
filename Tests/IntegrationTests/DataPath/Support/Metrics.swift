import Testing
import WeirTestKit

extension DataPath.Bench {
    /// The value now of the series of this name that has all of these labels; `nil` when there is none.
    func metric(_ name: String, _ labels: [String: String] = [:]) async throws -> Double? {
        let page = try await HTTPCall.get(try await weir.adminAddress(), "/metrics")
        try #require(page.status == 200)
        let line = page.text.split(separator: "\n").first { line in
            line.hasPrefix("\(name){") && labels.allSatisfy { line.contains("\($0.key)=\"\($0.value)\"") }
        }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// Expects the series to come to this value soon: what ends a call is counted beside its answer, not before it.
    func expectMetric(
        _ name: String, _ labels: [String: String] = [:], _ expected: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var seen: Double?
        for _ in 0..<100 {
            seen = try await metric(name, labels)
            if seen == expected { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record(
            "\(name) \(labels) is \(seen.map { "\($0)" } ?? "missing") instead of \(expected)",
            sourceLocation: sourceLocation)
    }

    /// Expects exactly one failed attempt, with this code.
    func expectFailure(_ code: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await expectMetric(
            "mm_api_failures_total", ["upstream": "provider", "endpoint": "other", "code": code], 1,
            sourceLocation: sourceLocation)
    }

    /// Expects exactly one call to have ended this way.
    func expectOutcome(_ outcome: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await expectMetric(
            "mm_api_requests_total", ["upstream": "provider", "endpoint": "other", "outcome": outcome], 1,
            sourceLocation: sourceLocation)
    }
}
