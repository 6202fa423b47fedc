import Testing
import WeirTestKit

/// Kept connections that a provider closes around the arrival of the next request, thousands of times.
@Suite("The race for a kept connection")
struct KeepAliveRaceTests {
    private static let callers = 50
    private static let postsEach = 200

    /// Retries are on, for every cause and at once; a place is taken by each attempt, and the circuit counts every failure
    /// without ever opening.
    private static let rules = """
        limits: [{ name: places, algorithm: concurrency, max: 1000 }]
        breaker: { fail_threshold: 1000000, window: 1h }
        retry: { initial_delay: 1ms, budget: { ratio: 1, min_per_second: 10000 } }
        """

    /// Ends kept connections in every way there is, most of them within a millisecond or two of the next request. It is
    /// asked when the head of a request has come in full.
    private static let script: ScriptedUpstream.Script = { request in
        let isKept = request.indexOnConnection > 0
        return switch request.index &* 2_654_435_761 >> 8 & 15 {
        // Before the next request, while it comes, or after it has: whichever is first.
        case 0...2: ok.then(.pause(.microseconds(request.index % 7 * 300)), .close)
        case 3: ok.then(.pause(.microseconds(request.index % 5 * 300)), .reset)
        case 4: ok.thenClose()
        // At once with the head.
        case 5 where isKept: .closeWithoutAnswer
        case 6 where isKept: .reset
        // With part of the body.
        case 7 where isKept: .closeWithoutAnswer.after(.microseconds(500))
        case 8 where isKept: .reset.after(.microseconds(500))
        default: ok
        }
    }

    private static let ok = ScriptedReply.respond(200, body: "ok")

    @Test("of 10,000 POSTs none reaches the provider twice, and each is answered and given back")
    func race() async throws {
        try await Stand.run(Self.rules, answering: .atHead, script: Self.script) { stand in
            var tally = Tally()
            try await withThrowingTaskGroup(of: Tally.self) { tasks in
                for caller in 0..<Self.callers {
                    tasks.addTask { try await stand.orders(from: caller * Self.postsEach, count: Self.postsEach) }
                }
                for try await part in tasks { tally.add(part) }
            }
            #expect(tally.served.count + tally.lost.count == Self.callers * Self.postsEach)

            let arrived = stand.upstream.requests.filter { $0.method == "POST" }.map(\.target)
            let once = Set(arrived)
            #expect(tally.postsReplayed == 0)
            #expect(arrived.count == once.count, "\(arrived.count - once.count) sent twice")
            #expect(once.isSuperset(of: tally.served))
            // The race has been run, and lost on either side of a request's arrival; reads were tried again.
            #expect(tally.served.count > 5000)
            #expect(tally.lost.contains { once.contains($0) })
            #expect(tally.readsReplayed > 0)

            let metrics = try await stand.waitForMetrics("the end of the last call") {
                $0.sum("mm_upstream_connections", ["state": "active"]) == 0
            }
            #expect(metrics.outcomes("success") == Double(tally.served.count + tally.reads))
            #expect(metrics.outcomes("network_error") == Double(tally.lost.count))
            #expect(metrics.sum("mm_api_requests_total") == Double(tally.all))
            let upstream = try await stand.upstreamStatus()
            let endpoint = upstream["endpoints"].named("other")
            #expect(endpoint["in_flight"] == .number(0))
            #expect(upstream["queue"]["length"] == .number(0))
            #expect(upstream["limits"].named("places")["used"] == .number(0))
            #expect(endpoint["circuit"]["state"] == .string("closed"))
            #expect(endpoint["circuit"]["failures_in_window"] == metrics.failures("network").map { .number($0) })
        }
    }
}

/// What became of calls.
private struct Tally: Sendable {
    /// The targets of POSTs answered by the provider.
    var served: Set<String> = []
    /// Those of POSTs that Weir says were not.
    var lost: Set<String> = []
    var postsReplayed = 0
    var reads = 0
    var readsReplayed = 0

    var all: Int { served.count + lost.count + reads }

    mutating func add(_ other: Tally) {
        served.formUnion(other.served)
        lost.formUnion(other.lost)
        postsReplayed += other.postsReplayed
        reads += other.reads
        readsReplayed += other.readsReplayed
    }
}

extension Stand {
    /// Posts orders numbered from `first` on over a kept connection, one after the other, with a GET now and then.
    fileprivate func orders(from first: Int, count: Int) async throws -> Tally {
        var tally = Tally()
        var client = try await RawClient.connect(to: address, within: Self.patience)
        for number in first..<first + count {
            if number % 20 == 0 {
                let answer = try await exchange("GET /read", body: [""], on: &client)
                #expect(answer.status == 200)
                tally.reads += 1
                if answer["Weir-Attempts"] != "1" { tally.readsReplayed += 1 }
            }
            // Every fourth body comes in two pieces, so that a part of it may be all that the provider reads.
            let body = number % 4 == 0 ? ["buy", " one"] : ["buy one"]
            let answer = try await exchange("POST /\(number)", body: body, on: &client)
            switch answer.status {
            case 200:
                if answer["Weir-Attempts"] != "1" { tally.postsReplayed += 1 }
                tally.served.insert("/\(number)")
            case 502:
                #expect(answer.reason == "upstream_unreachable")
                tally.lost.insert("/\(number)")
            default:
                Issue.record("\(answer)")
            }
        }
        await client.close()
        return tally
    }

    /// One call, and a new connection for the next where the answer ends this one.
    private func exchange(_ line: String, body: [String], on client: inout RawClient) async throws -> RawResponse {
        let length = body.reduce(0) { $0 + $1.utf8.count }
        let head = "\(line) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n"
        try await client.send(head + body[0], within: Self.patience)
        for piece in body.dropFirst() {
            // Where the answer has overtaken it, nobody needs the rest of the body.
            do { try await client.send(piece, within: Self.patience) } catch is RawClient.Ended {}
        }
        let answer = try await client.readResponse(within: Self.patience)
        if answer["Connection"] == "close" {
            await client.close()
            client = try await RawClient.connect(to: address, within: Self.patience)
        }
        return answer
    }
}
