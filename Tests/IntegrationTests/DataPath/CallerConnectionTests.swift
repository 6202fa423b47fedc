import NIOCore
import Testing
import WeirTestKit

extension DataPath {
    @Suite("A caller's connection")
    struct CallerConnectionTests {
        @Test("serves one request after another, on one connection to the provider")
        func keepAlive() async throws {
            try await Bench.run(script: { .respond(200, body: $0.target) }) { bench in
                let caller = try await bench.caller()
                for index in 1...20 {
                    let body = String(repeating: "b", count: index)
                    try await caller.send(
                        "POST /\(index) HTTP/1.1\r\nHost: h\r\nContent-Length: \(index)\r\n\r\n\(body)")
                    let response = try await caller.readResponse()
                    #expect(response.text == "/\(index)")
                    #expect(response["Connection"] == nil)
                }
                #expect(bench.provider.record.connections.count == 1)
                #expect(bench.provider.requests.map(\.bodyLength) == Array(1...20))
            }
        }

        @Test("closes after a request that says so")
        func close() async throws {
            try await Bench.run { bench in
                let (response, caller) = try await bench.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                #expect(response["Connection"] == "close")
                #expect(try await caller.readUntilClose() == [])
                // The provider's connection is not the caller's.
                _ = try await bench.get()
                #expect(bench.provider.record.connections.count == 1)
            }
        }

        @Test("is not closed because the provider closes its own")
        func providerCloses() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .respond(200, headers: ["Connection: close"], body: "last").thenClose()
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                for _ in 1...3 {
                    try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    let response = try await caller.readResponse()
                    #expect(response.text == "last")
                    #expect(response["Connection"] == nil)
                }
                #expect(bench.provider.record.connections.count == 3)
            }
        }

        @Test("gets the answers to pipelined requests in their order")
        func pipelining() async throws {
            let script: ScriptedUpstream.Script = { request in
                let reply = ScriptedReply.respond(200, body: "\(request.target) \(request.text)")
                return request.target == "/1" ? reply.after(.milliseconds(150)) : reply
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                try await caller.send(
                    "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
                        + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\ntwo"
                        + "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\n"
                        + "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"
                        + "GET /5 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                        + "GET /never HTTP/1.1\r\nHost: h\r\n\r\n")
                var answers: [String] = []
                for _ in 1...3 { answers.append(try await caller.readResponse().text) }
                #expect(answers == ["/1 ", "/2 two", "/3 three"])
                #expect(try await caller.readResponse().status == 405)
                #expect(try await caller.readResponse().text == "/5 ")
                #expect(try await caller.readUntilClose() == [])
                #expect(bench.provider.requests.map(\.target) == ["/1", "/2", "/3", "/5"])
            }
        }

        @Test("takes requests that come byte by byte")
        func byteByByte() async throws {
            try await Bench.run { bench in
                let caller = try await bench.caller()
                let request =
                    "POST /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                for byte in Array((request + request).utf8) { try await caller.send([byte]) }
                for _ in 1...2 { #expect(try await caller.readResponse().status == 200) }
                #expect(bench.provider.requests.map(\.text) == ["abc", "abc"])
            }
        }

        @Test("of an HTTP/1.0 caller closes after the answer, which is never chunked", arguments: ["", "keep-alive"])
        func http10(connection: String) async throws {
            let script: ScriptedUpstream.Script = { request in
                request.target == "/chunked"
                    ? .chunked(pieces: ["hello ", "world"]) : .respond(200, body: "hello world")
            }
            try await Bench.run(script: script) { bench in
                for target in ["/counted", "/chunked"] {
                    let field = connection.isEmpty ? "" : "Connection: \(connection)\r\n"
                    let (response, caller) = try await bench.send("GET \(target) HTTP/1.0\r\n\(field)\r\n")
                    #expect(response.text == "hello world")
                    #expect(response["Transfer-Encoding"] == nil)
                    #expect(response["Connection"] == "close")
                    #expect(try await caller.readUntilClose() == [])
                }
                #expect(bench.provider.requests.map { $0.startLine.suffix(8) } == ["HTTP/1.1", "HTTP/1.1"])
                // The provider's connection lives on.
                #expect(bench.provider.record.connections.count == 1)
            }
        }

        @Test("of an HTTP/1.0 caller is never sent a 1xx")
        func interimToHTTP10() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .raw("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
            try await Bench.run(script: script) { bench in
                let (response, _) = try await bench.send("GET / HTTP/1.0\r\nHost: h\r\n\r\n")
                #expect(response.interim == [])
                #expect(response.text == "ok")
            }
        }

        @Test("passes Expect on, and the body only when there is a 100, which is the provider's")
        func expectContinue() async throws {
            let configure: @Sendable (any Channel) throws -> Void = { channel in
                try channel.pipeline.syncOperations.addHandler(
                    FirstBytes { $0.hasText("expect: 100-continue") ? "HTTP/1.1 100 Continue\r\n\r\n" : nil })
            }
            try await Bench.run(configure: configure) { bench in
                let caller = try await bench.caller()
                try await caller.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
                #expect(try await caller.readHead().status == 100)
                try await bench.provider.wait(for: "the head") { !$0.requests.isEmpty }
                #expect(bench.provider.requests.first?["Expect"] == "100-continue")
                try await caller.send("body")
                #expect(try await caller.readResponse().status == 200)
                #expect(bench.provider.requests.first?.text == "body")
            }
        }

        @Test("never gets a 100 that the provider has not sent")
        func noOwnContinue() async throws {
            try await Bench.run { bench in
                let caller = try await bench.caller()
                try await caller.send("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
                try await bench.provider.wait(for: "the head") { !$0.requests.isEmpty }
                try await caller.expectSilence(for: .milliseconds(150))
                // A caller that does not wait for ever is served all the same.
                try await caller.send("body")
                let response = try await caller.readResponse()
                #expect(response.interim == [])
                #expect(response.status == 200)
            }
        }

        @Test("gets a final answer in place of the 100, and closes since the body never comes")
        func refusedExpectation() async throws {
            try await Bench.run(answering: .atHead, script: { _ in .respond(417, body: "no") }) { bench in
                let (response, caller) = try await bench.send(
                    "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
                #expect(response.status == 417)
                #expect(response["Connection"] == "close")
                #expect(try await caller.readUntilClose() == [])
                try await bench.provider.wait(for: "the connection to close") { $0.openConnections == 0 }
            }
        }
    }
}
