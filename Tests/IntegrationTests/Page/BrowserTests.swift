import Foundation
import Testing
import WeirTestKit

/// The status page in a real browser: `Tests/Browser/check_status_page.py` drives Chromium over the demonstration.
@Suite("The status page in a browser")
struct BrowserTests {
    @Test("is live within a second, can be filtered, asks nobody else, and reads without a script")
    func page() async throws {
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(["demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            do {
                let admin = try await weir.adminAddress()
                let checked = try await Self.check("http://\(admin)", endpoint: "place_order", in: weir.folder)
                #expect(checked.code == 0, "\(checked.output)")
                #expect(!checked.output.contains("FAILED"), "\(checked.output)")
                #expect(checked.output.contains("ok     and is live again after"), "\(checked.output)")
            } catch {
                try await weir.stop()
                throw error
            }
            try await weir.stop()
        }
    }

    private static func check(
        _ url: String, endpoint: String, in folder: URL
    ) async throws -> (code: Int32, output: String) {
        _ = try Tool.find("chromium", package: "chromium")
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let script = tests.deletingLastPathComponent().appending(path: "Browser/check_status_page.py")
        let log = folder.appending(path: "browser.log")
        try Data().write(to: log)
        let process = Process()
        process.executableURL = try Tool.find("python3", package: "python3")
        process.arguments = [script.path, url, endpoint]
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        let ends = AsyncStream<Int32> { ends in
            process.terminationHandler = {
                ends.yield($0.terminationStatus)
                ends.finish()
            }
        }
        try process.run()
        let code = await ends.first { _ in true } ?? -1
        return (code, try String(contentsOf: log, encoding: .utf8))
    }
}
