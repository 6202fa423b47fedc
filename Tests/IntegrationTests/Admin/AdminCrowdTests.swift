import Foundation
import Testing
import WeirTestKit

/// Clients that behave badly, by themselves or in crowds, stop neither a scrape nor a probe.
@Suite("The admin endpoint under attack")
struct AdminCrowdTests {
    /// About 10⁴ series.
    private static let manyEndpoints =
        "endpoints:\n"
        + (0..<240).map { "  - { name: e\($0), match: { method: GET, path: /\($0) } }" }.joined(separator: "\n")

    @Test("200 readers that take nothing of 10⁴ series delay neither scrapes nor probes")
    func stuckReaders() async throws {
        try await Stand.run(Self.manyEndpoints) { stand in
            var stuck: [RawClient] = []
            for _ in 0..<200 {
                let client = try await RawClient.connect(to: stand.admin)
                try await client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
                stuck.append(client)
            }
            for _ in 0..<10 {
                #expect(try await HTTPCall.get(stand.admin, "/livez").status == 200)
                let page = try await HTTPCall.get(stand.admin, "/metrics", within: Stand.patience)
                #expect(page.text.split(separator: "\n").count >= 10_000)
            }
            for client in stuck { await client.close() }
        }
    }

    @Test(
        "slowhttptest stops no scrape: heads, bodies and answers that trickle, 1000 at once from the same address",
        arguments: [["-H"], ["-B", "-s", "4096"], ["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32", "-k", "3"]])
    func slowClients(mode: [String]) async throws {
        let tool = try Tool.find("slowhttptest", package: "slowhttptest")
        try await Stand.run(Self.manyEndpoints) { stand in
            let attack = try WeirProcess.start(
                mode + [
                    "-c", "1000", "-r", "200", "-i", "1", "-l", "6", "-u", "http://\(stand.admin)/metrics",
                ], binary: tool)
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(200))
                #expect(try await HTTPCall.get(stand.admin, "/metrics", within: Stand.patience).status == 200)
                #expect(try await HTTPCall.get(stand.admin, "/livez", within: Stand.patience).status == 200)
            }
            try await attack.stop()
        }
    }
}
