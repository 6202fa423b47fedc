import Testing
import WeirTestKit

extension DataPath {
    @Suite("An answer of Weir's own")
    struct RefusalTests {
        private static let tightLimit =
            "limits: [{ name: tight, algorithm: token_bucket, rate: 1/m, burst: 1, on_limit: reject }]"

        @Test("says which limit refused, and when to come again")
        func rateLimited() async throws {
            try await Bench.run(Self.tightLimit) { bench in
                #expect(try await bench.get().status == 200)
                let response = try await bench.get()
                let problem = try expectRefusal(response, 429, "rate_limited")
                #expect(problem.upstream == "provider")
                #expect(problem.endpoint == "other")
                #expect(problem.limit == "tight")
                #expect(response["Weir-Limit"] == "tight")
                let milliseconds = try #require(problem.retryAfterMilliseconds)
                #expect(milliseconds > 1000 && milliseconds <= 60_000)
                #expect(response["Retry-After"] == "\(Int((milliseconds / 1000).rounded(.up)))")
                #expect(bench.provider.requests.count == 1)
            }
        }

        @Test("rounds Retry-After up to whole seconds, at least 1")
        func shortWait() async throws {
            let limit =
                "limits: [{ name: brisk, algorithm: sliding_window, requests: 1, per: 900ms, on_limit: reject }]"
            try await Bench.run(limit) { bench in
                #expect(try await bench.get().status == 200)
                let response = try await bench.get()
                let problem = try expectRefusal(response, 429, "rate_limited")
                #expect(response["Retry-After"] == "1")
                #expect((problem.retryAfterMilliseconds ?? -1) >= 0)
                #expect((problem.retryAfterMilliseconds ?? 1e9) <= 1000)
            }
        }

        @Test("says that the circuit is open, and for how long")
        func circuitOpen() async throws {
            let options = "breaker: { fail_threshold: 1, cooldown: 20s, min_dwell: 30s }"
            try await Bench.run(options, script: { _ in .respond(500, body: "its own words") }) { bench in
                #expect(try await bench.get().text == "its own words")
                let response = try await bench.get()
                let problem = try expectRefusal(response, 503, "circuit_open")
                #expect(problem.upstream == "provider")
                #expect(problem.endpoint == "other")
                #expect(problem.limit == nil)
                let milliseconds = try #require(problem.retryAfterMilliseconds)
                #expect(milliseconds > 15_000 && milliseconds <= 30_000)
                #expect(response["Retry-After"] == "\(Int((milliseconds / 1000).rounded(.up)))")
                #expect(bench.provider.requests.count == 1)
            }
        }

        @Test("that is no matter of time has no Retry-After")
        func noRetryAfter() async throws {
            try await Bench.run("timeouts: { response: 100ms }", script: { _ in .hang }) { bench in
                var answers = [try await bench.get(), try await bench.get("/", headers: ["Weir-Cost: dear"])]
                answers.append(try await bench.send("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n").0)
                await bench.provider.stop()
                answers.append(try await bench.get())
                #expect(answers.map(\.status) == [504, 400, 405, 502])
                for answer in answers {
                    #expect(answer["Retry-After"] == nil)
                    let problem = try expectRefusal(answer, answer.status, answer["Weir-Reason"] ?? "")
                    #expect(problem.retryAfterMilliseconds == nil)
                    #expect(problem.limit == nil)
                }
            }
        }

        @Test(
            "to a Weir field that cannot be understood is 400, names the call's upstream, and the provider sees nothing",
            arguments: [
                "Weir-Cost: 0", "Weir-Cost: -1", "Weir-Cost: 1.5", "Weir-Cost: ", "Weir-Cost: 99999999999999999999",
                "Weir-Cost: 2", "Weir-Priority: urgent", "Weir-Max-Wait: five", "Weir-Max-Wait: -1s",
                "Weir-Endpoint: nowhere",
            ])
        func badWish(line: String) async throws {
            try await Bench.run(Self.tightLimit) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\(line)\r\n\r\n")
                let response = try await caller.readResponse()
                let problem = try expectRefusal(response, 400, "bad_request")
                #expect(problem.upstream == "provider")
                #expect(bench.provider.record.connections.isEmpty)
                // It was well framed: the connection, and the limit, are as before.
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().status == 200)
            }
        }

        @Test("to HEAD has no body")
        func head() async throws {
            try await Bench.run(Self.tightLimit, script: { .respond(200, headOnly: $0.method == "HEAD") }) { bench in
                let caller = try await bench.caller()
                for status in [200, 429, 429] {
                    try await caller.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try await caller.readResponse(headRequest: true).status == status)
                }
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                try expectRefusal(try await caller.readResponse(), 429, "rate_limited")
            }
        }

        @Test("leaves the connection in use when the request's short body is still to come")
        func shortBody() async throws {
            try await Bench.run(Self.tightLimit) { bench in
                let caller = try await bench.caller()
                for status in [200, 429, 429] {
                    try await caller.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 38\r\n\r\n")
                    if status == 429 {
                        try expectRefusal(try await caller.readResponse(), 429, "rate_limited")
                        try await caller.send("GET /body HTTP/1.1\r\nHost: not-me\r\n\r\n!!")
                    } else {
                        try await caller.send("GET /body HTTP/1.1\r\nHost: not-me\r\n\r\n!!")
                        #expect(try await caller.readResponse().status == status)
                    }
                }
                #expect(bench.provider.requests.map(\.method) == ["POST"])
            }
        }

        @Test("closes the connection when the request's long body is still to come")
        func longBody() async throws {
            try await Bench.run(Self.tightLimit) { bench in
                #expect(try await bench.get().status == 200)
                let (response, caller) = try await bench.send(
                    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\nsome of it")
                try expectRefusal(response, 429, "rate_limited")
                #expect(response["Connection"] == "close")
                #expect(try await caller.readUntilClose() == [])
            }
        }
    }
}
