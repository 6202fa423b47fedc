import Testing
import WeirTestKit

extension DataPath {
    @Suite("A provider's connection")
    struct ProviderConnectionTests {
        @Test("haproxy#1423, envoy#1979: that the provider closed while idle costs no call")
        func closedWhileIdle() async throws {
            try await Bench.run { bench in
                let caller = try await bench.caller()
                for count in 1...5 {
                    try await caller.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx")
                    #expect(try await caller.readResponse().status == 200)
                    #expect(bench.provider.record.connections.count == count)
                    bench.provider.closeConnections()
                    try await bench.expectMetric("mm_upstream_connections", ["state": "idle"], 0)
                }
            }
        }

        @Test("that has brought a caller more than it took at once serves the next call")
        func afterChunks() async throws {
            let data = String(repeating: "x", count: 250_000)
            // In one piece, so that the end comes along with more than may wait for the caller.
            let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3d090\r\n\(data)\r\n0\r\n\r\n"
            let script: ScriptedUpstream.Script = { $0.target == "/long" ? .raw(chunked) : .respond(200) }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                for _ in 1...20 {
                    try await caller.send("GET /long HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try await caller.readResponse().body.count == data.utf8.count)
                    try await caller.send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try await caller.readResponse().status == 200)
                }
                #expect(bench.provider.record.connections.count == 1)
            }
        }

        @Test(
            "with bytes behind a response is not used again",
            arguments: [
                (
                    "GET",
                    ScriptedReply.raw(
                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
                    )
                ),
                (
                    "GET",
                    .raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").then(
                        .pause(.milliseconds(1)),
                        .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged".utf8)))
                ),
                ("GET", .raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n")),
                ("HEAD", .respond(200, body: "a body to a HEAD")),
                ("GET", .raw("HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\nforged")),
                ("GET", .raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\nforged")),
                (
                    "GET",
                    .raw(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
                    )
                ),
            ])
        func excessBytes(method: String, reply: ScriptedReply) async throws {
            let script: ScriptedUpstream.Script = { $0.target == "/bad" ? reply : .respond(200, body: "honest") }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                try await caller.send("\(method) /bad HTTP/1.1\r\nHost: h\r\n\r\n")
                let first = try await caller.readResponse(headRequest: method == "HEAD")
                #expect([200, 204, 304].contains(first.status))
                #expect(["", "ok"].contains(first.text))
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                try await caller.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().text == "honest")
                #expect(bench.provider.requests.map(\.connection) == [0, 1])
            }
        }

        @Test("closes when the caller hangs up before an answer")
        func callerGone() async throws {
            try await Bench.run(script: { _ in .hang }) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                try await bench.provider.waitForRequests(1)
                await caller.close()
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                try await bench.expectOutcome("cancelled")
                for code in ["network", "timeout"] {
                    #expect(try await bench.metric("mm_api_failures_total", ["code": code]) == 0)
                }
            }
        }

        @Test("closes after pool.idle_timeout without a call")
        func idleTimeout() async throws {
            try await Bench.run("pool: { idle_timeout: 100ms }") { bench in
                #expect(try await bench.get().status == 200)
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                #expect(try await bench.get().status == 200)
            }
        }

        @Test("is one of pool.max_connections at most; the calls beyond wait")
        func maxConnections() async throws {
            let script: ScriptedUpstream.Script = { _ in .respond(200, body: "ok").after(.milliseconds(30)) }
            try await Bench.run("pool: { max_connections: 2 }", script: script) { bench in
                let address = bench.address
                let statuses = try await withThrowingTaskGroup(of: Int.self) { calls in
                    for _ in 1...10 { calls.addTask { try await HTTPCall.get(address, "/").status } }
                    return try await calls.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses == Array(repeating: 200, count: 10))
                #expect(bench.provider.record.connections.count == 2)
            }
        }

        @Test("closes when the caller hangs up with more in the pipe than is read", arguments: [true, false])
        func callerGoneWithBacklog(resets: Bool) async throws {
            try await Bench.run(script: { _ in .hang }) { bench in
                let caller = try await bench.caller()
                let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
                // About 100 KB: above what is read ahead, below what the kernel takes, behind which the end would not show.
                try await caller.send(String(repeating: request, count: 3700))
                try await bench.provider.waitForRequests(1)
                if resets { try await caller.reset() } else { await caller.close() }
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                try await bench.expectOutcome("cancelled")
                #expect(bench.provider.requests.count == 1)
            }
        }

        @Test("closes when the caller resets within the response")
        func callerResets() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").then(.hang)
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readHead().status == 200)
                try await caller.reset()
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                try await bench.expectOutcome("cancelled")
            }
        }

        @Test(
            "closes when the caller hangs up within its request, which never looks complete", arguments: [true, false])
        func callerGoneWithinRequest(isChunked: Bool) async throws {
            try await Bench.run { bench in
                let caller = try await bench.caller()
                let framing =
                    isChunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" : "Content-Length: 10\r\n\r\nhello"
                try await caller.send("POST / HTTP/1.1\r\nHost: h\r\n\(framing)")
                try await bench.provider.wait(for: "the first bytes") { $0.requests.first?.bodyLength == 5 }
                await caller.close()
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
                #expect(bench.provider.requests.first?.isComplete == false)
                try await bench.expectOutcome("cancelled")
            }
        }
    }
}
