import Foundation
import Testing
import WeirTestKit

/// `weir status` from outside.
@Suite("weir status")
struct StatusCommandTests {
    @Test("shows upstreams, limits and endpoints of a running Weir, in plain text where there is no terminal")
    func once() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 600, per: 1h }]
            endpoints: [{ name: place_order, match: { path: /order } }]
            """
        try await Stand.run(rules) { stand in
            #expect(try await stand.get("/order").status == 200)
            let shown = try await Self.run(["status", "--admin", "http://\(stand.admin)"])
            #expect(shown.code == 0)
            #expect(shown.errors.isEmpty)
            let text = shown.output.joined(separator: "\n")
            #expect(text.contains("All clear"))
            #expect(text.contains("1/600 per 1 h"))
            #expect(shown.output.contains { $0.contains("place_order") && $0.contains("closed") })
            #expect(!text.contains("\u{1B}"))
        }
    }

    @Test("reaches an admin endpoint on a unix socket")
    func unixSocket() async throws {
        try await Turnstile.processes.pass {
            let configuration = """
                admin: { listen: "unix:{folder}/admin.sock" }
                upstreams: [{ name: api, listen: "127.0.0.1:0", url: "http://127.0.0.1:9" }]
                """
            let weir = try WeirProcess.start(configuration: configuration)
            do {
                _ = try await weir.address(of: "api")
                _ = try await weir.adminAddress()
                let socket = weir.folder.appending(path: "admin.sock").path
                let shown = try await Self.result(of: ["status", "--admin", "unix:\(socket)"])
                #expect(shown.code == 0)
                #expect(shown.output.contains { $0.contains("api") })
            } catch {
                try await weir.stop()
                throw error
            }
            try await weir.stop()
        }
    }

    @Test(
        "ends with 69 when nobody answers and 64 when the address is none, and says so on standard error",
        arguments: [
            ("127.0.0.1:1", 69), ("http://127.0.0.1:1/", 69), ("unix:/nowhere/admin.sock", 69), ("[::1]:1", 69),
            ("ftp:", 64), ("127.0.0.1", 64), ("https://127.0.0.1:1", 64), ("::1:9464", 64), ("unix:here", 64),
        ] as [(String, Int32)])
    func unreachable(admin: String, code: Int32) async throws {
        let shown = try await Self.run(["status", "--admin", admin])
        #expect(shown.code == code)
        #expect(shown.output.isEmpty)
        #expect(!shown.errors.isEmpty)
    }

    @Test("watches with rates instead of totals, says when it lost touch, and ends with 0 on SIGINT")
    func watch() async throws {
        try await Stand.run("") { stand in
            #expect(try await stand.get("/").status == 200)
            let watching = try WeirProcess.start(["status", "--watch", "--admin", "\(stand.admin)"])
            do {
                try await watching.waitForLine(containing: "CALLS  ")
                try await watching.waitForLine(containing: "CALLS/S")
                stand.weir.signal(SIGKILL)
                try await watching.waitForLine(containing: "NOT REACHABLE")
                watching.signal(SIGINT)
                #expect(try await watching.waitForExit() == 0)
            } catch {
                try await watching.stop()
                throw error
            }
            try await watching.stop()
        }
    }

    private static func run(
        _ arguments: [String]
    ) async throws -> (code: Int32, output: [String], errors: [String]) {
        try await Turnstile.processes.pass { try await result(of: arguments) }
    }

    private static func result(
        of arguments: [String]
    ) async throws -> (code: Int32, output: [String], errors: [String]) {
        let weir = try WeirProcess.start(arguments)
        let code = try await weir.waitForExit()
        let result = (code, weir.outputLines, weir.errorLines)
        try await weir.stop()
        return result
    }
}
