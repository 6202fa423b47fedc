import Testing
import WeirTestKit

extension DataPath {
    @Suite("A malformed or ambiguous request")
    struct HostileRequestTests {
        @Test("is refused, its connection closes, and the provider sees nothing of it")
        func alone() async throws {
            try #require(HostileRequest.all.count >= 40)
            try await Bench.run { bench in
                for request in HostileRequest.all {
                    try await expectEnd(of: try await bench.caller(), with: request)
                }
                #expect(bench.provider.requests.map(\.startLine) == [])
                try await bench.expectMetric(
                    "mm_api_requests_total", ["upstream": "", "endpoint": "", "outcome": "bad_request"],
                    Double(HostileRequest.all.count))
            }
        }

        @Test("behind a good one spoils nothing of it, and is refused all the same")
        func pipelined() async throws {
            try await Bench.run(script: { .respond(200, body: $0.text) }) { bench in
                for request in HostileRequest.all {
                    let caller = try await bench.caller()
                    try await expectEnd(
                        of: caller, with: request,
                        behind: "POST /good HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\ngood")
                }
                #expect(Set(bench.provider.requests.map(\.startLine)) == ["POST /good HTTP/1.1"])
                #expect(bench.provider.requests.count == HostileRequest.all.count)
                #expect(bench.provider.record.connections.allSatisfy { $0.failure == nil })
            }
        }

        /// Sends the request, behind `good` where there is one, and expects its refusal and then the end.
        private func expectEnd(
            of caller: RawClient, with request: HostileRequest, behind good: String = ""
        ) async throws {
            let comment = Comment(rawValue: request.name)
            do {
                // The refusal may come, and the connection close, before all of a long head has been taken.
                try? await caller.send(good + request.bytes)
                if !good.isEmpty {
                    let response = try await caller.readResponse()
                    #expect(response.status == 200, comment)
                    #expect(response.text == "good", comment)
                }
                let response = try await caller.readResponse()
                let reason = request.status == 431 ? "too_large" : "bad_request"
                let problem = try expectRefusal(response, request.status, reason, comment)
                #expect(problem.upstream == nil, comment)
                #expect(response["Connection"] == "close", comment)
                #expect(try await caller.readUntilClose() == [], comment)
                #expect(caller.ending == "closed", comment)
            } catch {
                Issue.record("\(request.name): \(error)")
            }
        }

        @Test(
            "is refused when only its body shows it, and never looks complete to the provider",
            arguments: [
                "zz\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n",
                "0x5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n",
                "5\nhello\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
                "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n", "5;\nx\r\nhello\r\n0\r\n\r\n",
                "5;a\rb\r\nhello\r\n0\r\n\r\n",
                "0\r\nX-A : b\r\n\r\n", "0\r\n folded\r\n\r\n", "0\r\nX-A: b\n\r\n", "0\r\n\n",
            ])
        func chunks(body: String) async throws {
            try await Bench.run { bench in
                let (response, caller) = try await bench.send(
                    "POST /hostile HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(body)"
                        + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
                try expectRefusal(response, 400, "bad_request")
                #expect(response["Connection"] == "close")
                #expect(try await caller.readUntilClose() == [])
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                let requests = bench.provider.requests
                #expect(requests.count { $0.isComplete || $0.target == "/smuggled" } == 0)
            }
        }

        @Test("is not held against the provider when its body breaks off")
        func notTheProviders() async throws {
            try await Bench.run("breaker: { fail_threshold: 1 }") { bench in
                let (response, _) = try await bench.send(
                    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
                #expect(response.status == 400)
                #expect(try await bench.get().status == 200)
                try await bench.expectOutcome("bad_request")
            }
        }
    }
}
