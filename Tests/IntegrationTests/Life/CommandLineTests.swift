import Testing
import WeirTestKit

/// Arguments, what they print, and exit codes.
@Suite("The command line")
struct CommandLineTests {
    @Test("check says ok and exits 0 on a good configuration")
    func checkOK() async throws {
        let text = Stand.configuration(url: "https://api.example.com")
        let weir = try await Self.run(["check"], configuration: text)
        #expect(weir.code == 0)
        #expect(weir.output.contains { $0.contains("ok") })
        #expect(weir.errors.isEmpty)
    }

    @Test("check warns of what is legal but unwise, and exits 0")
    func checkWarns() async throws {
        let rules = "limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]"
        let text = Stand.configuration(rules, url: "https://api.example.com")
        let weir = try await Self.run(["check"], configuration: text)
        #expect(weir.code == 0)
        #expect(weir.errors.count == 1)
        #expect(weir.errors.first?.contains("upstreams[0].limits[0].per") == true)
        #expect(weir.errors.first?.contains("warning") == true)
    }

    @Test("--version prints the version")
    func version() async throws {
        let weir = try await Self.run(["--version"])
        #expect(weir.code == 0)
        #expect(weir.output.first?.contains("0.1.0") == true)
        #expect(weir.errors.isEmpty)
    }

    @Test("help is there for the command and each subcommand", arguments: [[], ["run"], ["check"], ["demo"]])
    func help(command: [String]) async throws {
        let weir = try await Self.run(command + ["--help"])
        #expect(weir.code == 0)
        #expect(weir.output.contains { $0.hasPrefix("USAGE: weir") })
        if command.isEmpty {
            for name in ["run", "check", "demo"] {
                #expect(weir.output.contains { $0.contains("  \(name) ") })
            }
        }
    }

    @Test(
        "bad arguments exit 64, and say so on standard error",
        arguments: [["--frobnicate"], ["run", "--frobnicate"], ["bogus"], ["run", "--config"], ["check", "extra"]])
    func badArguments(arguments: [String]) async throws {
        let weir = try await Self.run(arguments)
        #expect(weir.code == 64)
        #expect(!weir.errors.isEmpty)
        #expect(weir.output.isEmpty)
    }

    @Test("the demonstration says which of its options is no address", arguments: ["--listen", "--admin"])
    func demoAddress(option: String) async throws {
        let weir = try await Self.run(["demo", option, "127.0.0.1"])
        #expect(weir.code == 64)
        #expect(weir.errors.first?.contains("\(option)") == true)
        #expect(weir.errors.first?.contains("expected an address such as 127.0.0.1:8081") == true)
        #expect(!weir.errors.contains { $0.contains("yaml") })
    }

    private static func run(
        _ arguments: [String], configuration: String? = nil
    ) async throws -> (code: Int32, output: [String], errors: [String]) {
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(arguments, configuration: configuration)
            let code = try await weir.waitForExit(within: Stand.patience)
            let result = (code, weir.outputLines, weir.errorLines)
            try await weir.stop()
            return result
        }
    }
}
