import Testing
import WeirTestKit

/// What is sent again, and what never.
@Suite("Retries")
struct RetryTests {
    private static let quick = "retry: { initial_delay: 10ms, jitter: 0 }"

    @Test(
        "a failure that may pass is tried again, unseen by the caller",
        arguments: [429, 500, 502, 503, 504])
    func statusThenSuccess(status: Int) async throws {
        let script: ScriptedUpstream.Script = {
            $0.index == 0 ? .respond(status, body: "not now") : .respond(200, body: "here you are")
        }
        try await Stand.run(Self.quick, script: script) { stand in
            let answer = try await stand.get("/a?b", headers: ["X-Own: 1"])
            #expect(answer.status == 200)
            #expect(answer.text == "here you are")
            #expect(answer["Weir-Attempts"] == "2")
            #expect(answer.reason == nil)
            #expect(stand.upstream.requests.map(\.target) == ["/a?b", "/a?b"])
            #expect(stand.upstream.requests.map { $0["X-Own"] } == ["1", "1"])
            let metrics = try await stand.metrics()
            #expect(metrics.retries("status") == 1)
            #expect(metrics.sum("mm_retries_total") == 1)
            #expect(metrics.failures("\(status)") == 1)
            #expect(metrics.outcomes("success") == 1)
            #expect(metrics.outcomes("upstream_error") == 0)
            #expect(metrics.value("mm_api_request_duration_seconds_count", Self.other) == 2)
        }
    }

    private static let other = ["upstream": "api", "endpoint": "other"]

    @Test("a status that retry.statuses does not name is forwarded", arguments: [400, 404, 501])
    func otherStatuses(status: Int) async throws {
        try await Stand.run(Self.quick, script: { _ in .respond(status) }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == status)
            #expect(answer["Weir-Attempts"] == "1")
            #expect(stand.upstream.requests.count == 1)
        }
    }

    @Test("after the last attempt the caller gets the upstream's own answer")
    func lastFailure() async throws {
        let script: ScriptedUpstream.Script = { request in
            .respond(503, headers: ["X-Try: \(request.index)"], body: "try \(request.index)")
        }
        try await Stand.run(Self.quick, script: script) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 503)
            #expect(answer.text == "try 2")
            #expect(answer["X-Try"] == "2")
            #expect(answer["Weir-Attempts"] == "3")
            #expect(answer.reason == nil)
            #expect(stand.upstream.requests.count == 3)
            let metrics = try await stand.metrics()
            #expect(metrics.retries("status") == 2)
            #expect(metrics.failures("503") == 3)
            #expect(metrics.outcomes("upstream_error") == 1)
        }
    }

    @Test(
        "turned off, or with one attempt, nothing is tried again",
        arguments: ["retry: off", "retry: { max_attempts: 1 }"])
    func off(rules: String) async throws {
        try await Stand.run(rules, script: { _ in .respond(503) }) { stand in
            let answer = try await stand.get("/")
            #expect(answer.status == 503)
            #expect(answer["Weir-Attempts"] == "1")
            #expect(stand.upstream.requests.count == 1)
        }
    }

    @Test("an endpoint may have rules of its own")
    func endpointRules() async throws {
        let rules = """
            retry: { initial_delay: 10ms, jitter: 0 }
            endpoints:
              - { name: never, match: { path: /never }, retry: off }
              - { name: twice, match: { path: /twice }, retry: { max_attempts: 2, statuses: [501] } }
            """
        try await Stand.run(rules, script: { .respond($0.target == "/twice" ? 501 : 503) }) { stand in
            #expect(try await stand.get("/never")["Weir-Attempts"] == "1")
            #expect(try await stand.get("/twice")["Weir-Attempts"] == "2")
            #expect(try await stand.get("/any")["Weir-Attempts"] == "3")
            let metrics = try await stand.metrics()
            #expect(metrics.retries("status", endpoint: "never") == 0)
            #expect(metrics.retries("status", endpoint: "twice") == 1)
            #expect(metrics.retries("status") == 2)
        }
    }

    @Test("what may have an effect is not sent twice, unless it carries an Idempotency-Key")
    func methods() async throws {
        try await Stand.run(Self.quick, script: { _ in .respond(503) }) { stand in
            #expect(try await stand.post("/order")["Weir-Attempts"] == "1")
            #expect(stand.upstream.requests.count == 1)
            let keyed = try await stand.post("/order", headers: ["Idempotency-Key: 7f3"])
            #expect(keyed["Weir-Attempts"] == "3")
            #expect(stand.upstream.requests.dropFirst().map { $0["Idempotency-Key"] } == ["7f3", "7f3", "7f3"])
        }
    }

    @Test("the body is sent again whole, with its framing", arguments: [false, true])
    func body(chunked: Bool) async throws {
        let script: ScriptedUpstream.Script = { .respond($0.index == 0 ? 503 : 200) }
        try await Stand.run(Self.quick, script: script) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 11"
            let body = chunked ? "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" : "hello world"
            let head = "POST / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\n\(framing)\r\n\r\n"
            try await client.send(head + body, within: Stand.patience)
            let answer = try await client.readResponse(within: Stand.patience)
            #expect(answer.status == 200)
            #expect(answer["Weir-Attempts"] == "2")
            let requests = stand.upstream.requests
            #expect(requests.map(\.text) == ["hello world", "hello world"])
            #expect(requests.map { $0["Transfer-Encoding"] } == Array(repeating: chunked ? "chunked" : nil, count: 2))
            #expect(requests.map { $0["Content-Length"] } == Array(repeating: chunked ? nil : "11", count: 2))
            await client.close()
        }
    }

    @Test("what a caller has yet to send of its body goes with the attempt under way")
    func bodyStillComing() async throws {
        let script: ScriptedUpstream.Script = { $0.index == 0 ? .respond(503) : .hang }
        try await Stand.run(Self.quick, answering: .atHead, script: script) { stand in
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            let head = "POST / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: k\r\nContent-Length: 11\r\n\r\n"
            try await client.send(head + "hello", within: Stand.patience)
            try await stand.upstream.wait(for: "the second attempt", within: Stand.patience) { $0.requests.count == 2 }
            try await client.send(" world", within: Stand.patience)
            try await stand.upstream.wait(for: "the whole body", within: Stand.patience) { $0.requests[1].isComplete }
            #expect(stand.upstream.requests[1].text == "hello world")
            await client.close()
        }
    }

    @Test("a body above max_body is not sent again")
    func longBody() async throws {
        let rules = "retry: { initial_delay: 10ms, jitter: 0, max_attempts: 2, max_body: 1KiB }"
        try await Stand.run(rules, script: { _ in .respond(503) }) { stand in
            for (length, attempts) in [(1024, "2"), (1025, "1")] {
                let body = String(repeating: "x", count: length)
                let answer = try await stand.post("/", body: body, headers: ["Idempotency-Key: k"])
                #expect(answer.status == 503)
                #expect(answer["Weir-Attempts"] == attempts, "\(length) bytes")
            }
            #expect(stand.upstream.requests.map(\.bodyLength) == [1024, 1024, 1025])
        }
    }
}
