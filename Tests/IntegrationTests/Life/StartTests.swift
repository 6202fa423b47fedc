import Foundation
import Testing
import WeirTestKit

/// Why it does not start, and how it says so.
@Suite("Starting")
struct StartTests {
    @Test("a listener whose address is taken ends it with 69, naming address and reason", arguments: [true, false])
    func busyPort(isAdmin: Bool) async throws {
        try await Turnstile.processes.pass {
            let squatter = try await ScriptedUpstream.start()
            let taken = squatter.endpoint.description
            let text = Stand.configuration(
                url: "http://127.0.0.1:1", listen: isAdmin ? "127.0.0.1:0" : taken,
                admin: isAdmin ? taken : "127.0.0.1:0")
            let weir = try WeirProcess.start(configuration: text)
            #expect(try await weir.waitForExit(within: Stand.patience) == 69)
            let said = weir.errorLines.filter { $0.contains(taken) }
            #expect(said.contains { $0.contains("in use") }, "\(weir.errorLines)")
            if !isAdmin { #expect(said.contains { $0.contains("api") }) }
            try await weir.stop()
            await squatter.stop()
        }
    }

    @Test(
        "what cannot be listened on, or trusted, is told in words that help",
        arguments: [
            ("listen: unix:/no/such/folder/a.sock", 69, "its folder does not exist"),
            ("listen: 192.0.2.1:8081", 69, "this machine has no such address"),
            ("ca_file: /etc/hostname", 78, "ca_file /etc/hostname is no file of PEM certificates"),
        ])
    func unusable(key: String, code: Int32, words: String) async throws {
        try await Turnstile.processes.pass {
            let listen = key.hasPrefix("listen") ? "" : "\n    listen: 127.0.0.1:0"
            let text = """
                admin: { listen: "127.0.0.1:0" }
                upstreams:
                  - name: api
                    url: https://127.0.0.1:1
                    \(key)\(listen)
                """
            let weir = try WeirProcess.start(configuration: text)
            #expect(try await weir.waitForExit(within: Stand.patience) == code)
            #expect(weir.errorLines.last?.contains(words) == true, "\(weir.errorLines)")
            try await weir.stop()
        }
    }

    private static let wrong = """
        admin: { listen: "127.0.0.1:0" }
        drain_timout: 5s
        upstreams:
          - name: api
            listen: "127.0.0.1:0"
            url: "http://127.0.0.1:1"
            limits:
              - { name: ip, algorithm: sliding_window, requests: 0, per: five }
            breaker: { cooldown: -1s }
        """

    @Test(
        "a bad configuration ends it with 78 and every problem with its line and column",
        arguments: ["run", "check"])
    func badConfiguration(command: String) async throws {
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start([command], configuration: Self.wrong)
            #expect(try await weir.waitForExit(within: Stand.patience) == 78)
            let file = weir.configurationFile.path
            let starts = [
                "\(file):2:1: ", "\(file):8:58: upstreams[0].limits[0].requests: ",
                "\(file):8:66: upstreams[0].limits[0].per: expected a duration such as 500ms or 5s, found \"five\"",
                "\(file):9:26: upstreams[0].breaker.cooldown: ",
            ]
            #expect(weir.errorLines.count == starts.count, "\(weir.errorLines)")
            for (line, start) in zip(weir.errorLines, starts) { #expect(line.hasPrefix(start)) }
            #expect(weir.errorLines.first?.contains("drain_timeout") == true)
            #expect(weir.outputLines.isEmpty)
            try await weir.stop()
        }
    }

    @Test("a file that does not exist ends it with 78 and its name", arguments: ["run", "check"])
    func missingFile(command: String) async throws {
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start([command, "--config", "nowhere.yaml"])
            #expect(try await weir.waitForExit(within: Stand.patience) == 78)
            #expect(weir.errorLines.count == 1)
            #expect(weir.errorLines.first?.hasPrefix("nowhere.yaml: ") == true)
            try await weir.stop()
        }
    }

    @Test("an unset variable is a problem, a set one is a value")
    func variables() async throws {
        let text = Stand.configuration("request_headers: { X-Key: \"${WEIR_TEST_KEY}\" }", url: "http://127.0.0.1:1")
        try await Turnstile.processes.pass {
            let unset = try WeirProcess.start(["check"], configuration: text)
            #expect(try await unset.waitForExit(within: Stand.patience) == 78)
            #expect(unset.errorLines.contains { $0.contains("WEIR_TEST_KEY") })
            let set = try WeirProcess.start(["check"], configuration: text, environment: ["WEIR_TEST_KEY": "value"])
            #expect(try await set.waitForExit(within: Stand.patience) == 0)
            try await unset.stop()
            try await set.stop()
        }
    }

    @Test("WEIR_CONFIG names the configuration when no option does")
    func environmentNamesFile() async throws {
        try await Turnstile.processes.pass {
            let file = FileManager.default.temporaryDirectory.appending(path: "weir-\(UUID().uuidString).yaml")
            defer { try? FileManager.default.removeItem(at: file) }
            try Stand.configuration(url: "http://127.0.0.1:1").write(to: file, atomically: true, encoding: .utf8)
            let weir = try WeirProcess.start(["run"], environment: ["WEIR_CONFIG": file.path])
            let admin = try await weir.adminAddress(within: Stand.patience)
            #expect(try await HTTPCall.get(admin, "/status").text.contains(file.path))
            try await weir.stop()
        }
    }
}
