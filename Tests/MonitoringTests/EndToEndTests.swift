import Foundation
import Testing
import WeirTestKit

/// Alerts, routes and dashboards with real parts: `alerts/e2e/run.py` runs the built `weir` in front of a provider that
/// fails for a while, a Prometheus, an Alertmanager and a receiver, and prints a line for each check.
@Suite("Monitoring, end to end")
struct EndToEndTests {
    @Test("pages for an open circuit, holds back what that causes, and has data for every query of the dashboards")
    func outage() async throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let script = tests.deletingLastPathComponent().appending(path: "alerts/e2e/run.py")
        let weir = try BuiltBinary.locate()
        let driver = try WeirProcess.start(
            ["python3", script.path, weir.path], binary: URL(filePath: "/usr/bin/env"))
        // It takes a minute; each of its own waits ends after 90 s with a line that says what did not come.
        let code = try await driver.waitForExit(within: .seconds(600))
        let report = (driver.outputLines + driver.errorLines).joined(separator: "\n")
        #expect(code == 0, "\(report)")
        #expect(!report.contains("FAILED"), "\(report)")
        #expect(report.contains("ok     no rule failed"), "\(report)")
        try await driver.stop()
    }
}
