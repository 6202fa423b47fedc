import Testing
import WeirTestKit

extension DataPath {
    @Suite("A provider that fails")
    struct ProviderFaultTests {
        @Test("by refusing the connection: 502 upstream_unreachable")
        func refused() async throws {
            try await Bench.run { bench in
                await bench.provider.stop()
                let problem = try expectRefusal(try await bench.get(), 502, "upstream_unreachable")
                #expect(problem.upstream == "provider")
                #expect(problem.endpoint == "other")
                try await bench.expectFailure("connect")
                try await bench.expectOutcome("network_error")
            }
        }

        @Test("by having no socket: 502 upstream_unreachable")
        func noSocket() async throws {
            try await Bench.run(url: { _ in "unix:/nowhere/at/all.sock" }) { bench in
                try expectRefusal(try await bench.get(), 502, "upstream_unreachable")
                try await bench.expectFailure("connect")
            }
        }

        @Test(
            "by ending the connection before a whole head: 502 upstream_unreachable",
            arguments: [
                ScriptedReply.reset, .closeWithoutAnswer, .raw("HTTP/1.1 200 OK\r\nContent-Le").then(.reset),
                .raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n").thenClose(),
                .raw("HTTP/1.1 103 Early Hints\r\n\r\n").thenClose(),
            ])
        func beforeTheHead(reply: ScriptedReply) async throws {
            try await Bench.run(script: { _ in reply }) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                try expectRefusal(try await caller.readResponse(), 502, "upstream_unreachable")
                try await bench.expectFailure("network")
                try await bench.expectOutcome("network_error")
                // The caller has done nothing wrong: its connection lives on.
                bench.provider.setScript { _ in .respond(200, body: "again") }
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().text == "again")
            }
        }

        @Test(
            "within the body: the caller's connection ends and the response never looks complete",
            arguments: [
                ScriptedReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").thenClose(),
                .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").then(.reset),
                .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").thenClose(),
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").thenClose(),
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n").thenClose(),
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").then(.reset),
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n").then(.hang),
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX").then(.hang),
                .raw("HTTP/1.1 200 OK\r\n\r\nhello").then(.reset),
            ])
        func withinTheBody(reply: ScriptedReply) async throws {
            try await Bench.run(script: { _ in reply }) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                await #expect(throws: RawClient.Ended.self) { try await caller.readResponse() }
                try await bench.expectFailure("network")
                try await bench.expectOutcome("network_error")
                #expect(try await bench.metric("mm_api_requests_total", ["outcome": "success"]) == 0)
            }
        }

        @Test("within the body of an answer that only the end of the connection ends: a reset says so")
        func cutShortToHTTP10() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").then(
                    .pause(.milliseconds(50)), .close)
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n")
                #expect(try await caller.readHead().status == 200)
                _ = try await caller.readUntilClose()
                // An end in order would make the five bytes a whole body.
                #expect(caller.ending != "closed")
            }
        }

        @Test("by not answering: 504 upstream_timeout at timeouts.response")
        func hang() async throws {
            try await Bench.run("timeouts: { response: 200ms }", script: { _ in .hang }) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let problem = try expectRefusal(try await caller.readResponse(), 504, "upstream_timeout")
                #expect(problem.upstream == "provider")
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                try await bench.expectFailure("timeout")
                try await bench.expectOutcome("timeout")
                bench.provider.setScript { _ in .respond(200, body: "again") }
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().text == "again")
            }
        }

        @Test("by sending only 1xx responses: 504 upstream_timeout")
        func interimForEver() async throws {
            let script: ScriptedUpstream.Script = { _ in .raw("HTTP/1.1 102 Processing\r\n\r\n").then(.hang) }
            try await Bench.run("timeouts: { response: 200ms }", script: script) { bench in
                let (response, _) = try await bench.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(response.interim.count == 1)
                try expectRefusal(response, 504, "upstream_timeout")
            }
        }

        @Test("by not answering before timeouts.request: 504, which is not held against it")
        func ownDeadline() async throws {
            let options = "timeouts: { request: 200ms, response: 10s }"
            try await Bench.run(options, script: { _ in .hang }) { bench in
                try expectRefusal(try await bench.get(), 504, "upstream_timeout")
                try await bench.expectOutcome("timeout")
                #expect(try await bench.metric("mm_api_failures_total", ["code": "timeout"]) == 0)
            }
        }

        @Test("by stopping within the body: the call ends at timeouts.idle")
        func idleBody() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").then(.hang)
            }
            try await Bench.run("timeouts: { idle: 200ms }", script: script) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                await #expect(throws: RawClient.Ended.self) { try await caller.readResponse() }
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                try await bench.expectFailure("timeout")
                try await bench.expectOutcome("timeout")
            }
        }

        @Test("to end a body slowly is let: each byte starts timeouts.idle anew")
        func slowBody() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .chunked(pieces: (0..<8).map { "\($0)" }, pause: .milliseconds(150))
            }
            let options = "timeouts: { idle: 600ms, response: 300ms, request: 500ms }"
            try await Bench.run(options, script: script) { bench in
                let response = try await bench.get()
                #expect(response.text == "01234567")
            }
        }
    }
}
