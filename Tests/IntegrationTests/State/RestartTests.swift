import Foundation
import Testing
import WeirTestKit

/// What a restart does not forget, seen from outside.
@Suite("Restarts with a state file")
struct RestartTests {
    private static let quota = """
        limits: [{ name: ip, algorithm: sliding_window, requests: 5, per: 600s }]
        queue: { max_wait: 0s }
        """

    @Test(
        "resilience4j#2069, #2146: spent quota stays spent, after a kill and after a clean stop",
        arguments: [false, true])
    func quota(gently: Bool) async throws {
        try await Restarts.run { restarts throws in
            try await restarts.life(Self.quota, gently: gently) { stand throws in
                for _ in 0..<3 { #expect(try await stand.get("/").status == 200) }
            }
            try await restarts.life(Self.quota) { stand throws in
                #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(3))
                #expect(try await stand.burst(4).count { $0.status == 200 } == 2)
            }
            #expect(restarts.upstream.requests.count == 5)
        }
    }

    @Test("each key's spent quota stays its own, and no secret is in the file")
    func keys() async throws {
        let secret = "CANARY-\(UUID().uuidString)"
        let rules = """
            limits: [{ name: user, algorithm: sliding_window, requests: 2, per: 600s, key: "header:X-Key" }]
            request_headers: { X-Secret: "\(secret)-set" }
            queue: { max_wait: 0s }
            """
        try await Restarts.run { restarts throws in
            try await restarts.life(rules) { stand throws in
                #expect(try await stand.get("/", headers: ["X-Key: \(secret)"]).status == 200)
                #expect(try await stand.get("/", headers: ["X-Key: \(secret)"]).status == 200)
                #expect(try await stand.get("/", headers: ["X-Key: other"]).status == 200)
            }
            let content = try Data(contentsOf: restarts.file)
            #expect(content.range(of: Data("CANARY".utf8)) == nil)
            try await restarts.life(rules) { stand throws in
                #expect(try await stand.get("/", headers: ["X-Key: \(secret)"]).status == 429)
                #expect(try await stand.get("/", headers: ["X-Key: other"]).status == 200)
                #expect(try await stand.get("/", headers: ["X-Key: other"]).status == 429)
            }
        }
    }

    @Test("a ban goes on, is refused as before, and is told again")
    func ban() async throws {
        try await Restarts.run(script: { _ in .respond(418, headers: ["Retry-After: 900"]) }) { restarts throws in
            try await restarts.life { stand throws in #expect(try await stand.get("/").status == 418) }
            try await restarts.life { stand throws in
                let refused = try await stand.get("/")
                #expect(refused.reason == "frozen")
                #expect((600...900).contains(refused.retryAfter ?? 0))
                #expect(try await stand.upstreamStatus()["banned"] == .bool(true))
                #expect(try await stand.events(1).map(\.type) == ["ban"])
            }
            #expect(restarts.upstream.requests.count == 1)
        }
    }

    @Test("an open circuit stays open, without having moved, and probes when it would have")
    func circuit() async throws {
        let rules = "breaker: { fail_threshold: 2, cooldown: 4s, min_dwell: 0s }"
        try await Restarts.run(script: { _ in .respond(500) }) { restarts throws in
            try await restarts.life(rules) { stand throws in
                for _ in 0..<2 { #expect(try await stand.get("/").status == 500) }
                #expect(try await stand.get("/").reason == "circuit_open")
            }
            restarts.upstream.setScript { _ in .respond(200) }
            try await restarts.life(rules) { stand throws in
                let metrics = try await stand.metrics()
                #expect(metrics.moves("closed", "open") == 0)
                try await stand.waitForCircuit(.halfOpen)
                #expect(try await stand.get("/").status == 200)
                #expect(try await stand.metrics().circuit() == .closed)
            }
            try await restarts.life(rules) { stand throws in #expect(try await stand.metrics().circuit() == .closed) }
        }
    }

    @Test("a damaged file is set aside, loudly, and everything counts as spent")
    func damaged() async throws {
        try await Restarts.run { restarts throws in
            try await restarts.life(Self.quota) { stand throws in #expect(try await stand.get("/").status == 200) }
            var content = try Data(contentsOf: restarts.file)
            // In the first region's header.
            content[4112] ^= 1
            try content.write(to: restarts.file)
            try await restarts.life(Self.quota) { stand throws in
                #expect(stand.weir.errorLines.contains { $0.contains("error") && $0.contains("set aside") })
                let refused = try await stand.get("/")
                #expect(refused.status == 429)
                #expect(refused["Weir-Limit"] == "ip")
            }
            let folder = restarts.file.deletingLastPathComponent().path
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            let aside = try #require(names.first { $0.hasPrefix("weir.state.corrupt-") })
            #expect(FileManager.default.contents(atPath: folder + "/" + aside) == content)
        }
    }

    @Test("a second process ends with 69 and says whose file it is; the first goes on")
    func second() async throws {
        try await Restarts.run { restarts throws in
            try await restarts.life(Self.quota) { stand throws in
                let second = try restarts.process(Self.quota)
                #expect(try await second.waitForExit(within: Stand.patience) == 69)
                let said = second.errorLines.filter { $0.contains(restarts.file.path) }
                #expect(said.contains { $0.contains("another process") }, "\(second.errorLines)")
                try await second.stop()
                #expect(try await stand.get("/").status == 200)
            }
        }
    }

    @Test("a file that cannot be made ends it with 69 and the reason")
    func unavailable() async throws {
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(
                configuration: Stand.configuration(root: "state_file: {folder}/no/state", url: "http://127.0.0.1:1"))
            #expect(try await weir.waitForExit(within: Stand.patience) == 69)
            #expect(weir.errorLines.contains { $0.contains("/no/state") && $0.contains("No such file") })
            try await weir.stop()
        }
    }
}
