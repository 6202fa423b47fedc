import Foundation
import Testing
import WeirTestKit

/// Reload upon reload while calls go on.
@Suite("Reloading under load")
struct ReloadStormTests {
    /// The window holds 150 in 100 ms, and is 200 ms longer for what a machine with too much to do does on the way.
    private static let limit = 150
    private static let window: UInt64 = 100_000_000

    /// The rules of a round: its figures never allow more than the first, and everything else changes.
    private static func rules(_ round: Int) -> String {
        let requests = round % 3 == 0 ? limit : limit - round % 5
        let endpoints = ["orders", "books", "late"].filter { name in round % (name.utf8.count) != 1 }
        let rows = endpoints.map { "  - { name: \($0), match: { path: \"/\($0)/*\" }, priority: high }" }
        return """
            limits:
              - { name: ip, algorithm: sliding_window, requests: \(requests), per: 100ms, margin: 200ms }
              - { name: all, algorithm: sliding_window, requests: \(100_000 + round), per: 1h }
            queue: { max_wait: 20s, max_length: \(900 + round) }
            breaker: { scope: \(round % 4 == 3 ? "upstream" : "endpoint") }
            pool: { idle_timeout: \(40 + round % 7)s }
            retry: { max_attempts: \(1 + round % 3) }
            request_headers: { X-Round: "\(round)" }
            endpoints:
              - { name: always, match: { path: /always } }

            """ + rows.joined(separator: "\n")
    }

    @Test("200 reloads, half of them of what is wrong, lose no call, break no connection and forget nothing")
    func storm() async throws {
        try await Stand.run(Self.rules(0), changes: true) { stand in
            let before = stand.weir.resources
            let isOver = Observed(false)
            let calls = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for caller in 0..<12 {
                    tasks.addTask { try await stand.steadyCaller(caller) { isOver.value } }
                }
                for round in 1...200 {
                    let second = """
                        - { name: second, listen: "127.0.0.1:0", url: "http://\(stand.upstream.endpoint)" }
                        """
                    let answer = try await stand.reload(
                        round % 2 == 0 ? Self.rules(round) : Self.rules(round) + "\nqueues: {}",
                        more: round % 6 == 0 ? second : "")
                    #expect(answer.status == (round % 2 == 0 ? 202 : 422), "\(answer)")
                    try await Task.sleep(for: .milliseconds(25))
                }
                isOver.change { $0 = true }
                return try await tasks.reduce(0, +)
            }
            let arrivals = stand.upstream.requests.map(\.arrival).sorted()
            #expect(arrivals.count == calls)
            // A half-open window holds at most the limit: each arrival is a window or more after the one that many before.
            let tooClose = zip(arrivals, arrivals.dropFirst(Self.limit)).filter { $1 - $0 < Self.window }
            #expect(tooClose.isEmpty)
            // And Weir has counted all of them, whatever became of its configuration.
            #expect(try await stand.upstreamStatus()["limits"].named("all")["used"] == .number(Double(calls)))
            #expect(stand.upstream.record.connections.allSatisfy { $0.failure == nil })
            let metrics = try await stand.metrics()
            #expect(metrics.sum("mm_api_requests_total", ["upstream": "api"]) <= Double(calls))
            #expect(metrics.outcomes("success", endpoint: "always") ?? 0 > 0)
            #expect(metrics.sum("mm_queue_length") == 0)
            #expect(try await stand.status()["config"]["reloads_failed"] == .number(0))
            // Neither threads nor files are left of what came and went, but for a little that is being let go.
            let after = stand.weir.resources
            #expect(after.threads <= before.threads + 8, "\(before) \(after)")
            #expect(after.files <= before.files + 40, "\(before) \(after)")
        }
    }
}

extension Stand {
    /// Calls over one connection that is kept, all of which have to be answered with 200, until it is over. Returns how many.
    fileprivate func steadyCaller(_ caller: Int, until isOver: @Sendable () -> Bool) async throws -> Int {
        let paths = ["/always", "/orders/1", "/books/1", "/late/1", "/none"]
        let client = try await RawClient.connect(to: address, within: Self.patience)
        var calls = 0
        while !isOver() {
            let answer = try await get(paths[(caller + calls) % paths.count], on: client)
            guard answer.status == 200, answer["Connection"] == nil else {
                Issue.record("call \(calls) of caller \(caller): \(answer)")
                return calls
            }
            calls += 1
        }
        await client.close()
        return calls
    }
}

extension WeirProcess {
    /// Its threads and open files, as proc(5) tells.
    fileprivate var resources: (threads: Int, files: Int) {
        let count = { (folder: String) in
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(self.processIdentifier)/\(folder)"))?.count
                ?? 0
        }
        return (count("task"), count("fd"))
    }
}
