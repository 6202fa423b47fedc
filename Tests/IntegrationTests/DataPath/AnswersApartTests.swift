import Foundation
import Testing
import WeirTestKit

/// Answers go straight to a caller's socket, and the number of a socket that has closed is the next connection's: whatever
/// becomes of callers and providers, nobody may see a byte that is another's.
@Suite("Answers to callers that come and go")
struct AnswersApartTests {
    private static let callers = 48
    private static let callsEach = 40

    /// Bodies of a few bytes, some of more than is joined to a head, and some beyond what a socket takes at once.
    private static func body(of target: String) -> String {
        let lines =
            switch Int(target.dropFirst().prefix { $0 != "-" }).map({ $0 % 8 }) {
            case 0: 20_000
            case 1: 6000
            default: 3
            }
        return String(repeating: "\(target)\n", count: lines)
    }

    /// Some answers break off, so that connections to the provider come and go as well.
    private static let script: ScriptedUpstream.Script = { request in
        let reply = ScriptedReply.respond(200, body: body(of: request.target))
        return request.index % 11 == 3 ? reply.thenClose() : reply
    }

    /// A kept connection that closes under a call costs it an attempt, and nothing else.
    private static let rules = """
        breaker: off
        retry: { initial_delay: 1ms, max_attempts: 20, budget: { ratio: 1, min_per_second: 10000 } }
        """

    @Test("each sees its own answer or a part of it, while every third hangs up in the middle")
    func storm() async throws {
        try await Stand.run(Self.rules, script: Self.script) { stand in
            let whole = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for caller in 0..<Self.callers {
                    tasks.addTask { try await Self.calls(of: caller, to: stand) }
                }
                return try await tasks.reduce(0, +)
            }
            #expect(whole > Self.callers * Self.callsEach / 2)
            #expect(stand.weir.isRunning)
        }
    }

    @Test("one that asks for much and reads late gets all of it, in order")
    func late() async throws {
        // Counted, and in one chunk, to which the end of the body is not joined.
        let script: ScriptedUpstream.Script = { request in
            let body = Self.body(of: request.target)
            return request.index % 2 == 0 ? .respond(200, body: body) : .chunked(pieces: [body])
        }
        try await Stand.run(Self.rules, script: script) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            let targets = (0..<300).map { "/\($0 * 8 + 1)-late" }
            let requests = targets.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            try await client.send(requests, within: Stand.patience)
            let asked = try await DataPath.standstill(above: 10) { stand.upstream.record.completeRequests }
            #expect(asked < targets.count)
            for target in targets {
                let answer = try await client.readResponse(within: Stand.patience)
                #expect(answer.status == 200 && answer.text == Self.body(of: target))
            }
            await client.close()
        }
    }

    /// Makes the calls of one caller, one after the other. Returns how many were answered whole.
    private static func calls(of caller: Int, to stand: Stand) async throws -> Int {
        var whole = 0
        var client = try await RawClient.connect(to: stand.address, within: Stand.patience)
        for number in 0..<callsEach {
            let target = "/\(number)-\(caller)"
            try await client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", within: Stand.patience)
            guard (caller + number) % 3 == 0 else {
                let answer = try await client.readResponse(within: Stand.patience)
                #expect(answer.status == 200 && answer.text == body(of: target))
                whole += 1
                continue
            }
            // A part of the answer, or nothing yet; then away, in order or not.
            if number % 2 == 0 {
                let part = String(decoding: try await client.readSome(within: Stand.patience), as: UTF8.self)
                let start = part.range(of: "\r\n\r\n").map { part[$0.upperBound...] } ?? ""
                #expect(part.hasPrefix("HTTP/1.1 200 ") && body(of: target).hasPrefix(start))
            }
            if number % 4 < 2 { try await client.reset() } else { await client.close() }
            client = try await RawClient.connect(to: stand.address, within: Stand.patience)
        }
        await client.close()
        return whole
    }
}
