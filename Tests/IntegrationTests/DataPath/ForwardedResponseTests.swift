import Testing
import WeirTestKit

extension DataPath {
    @Suite("A forwarded response")
    struct ForwardedResponseTests {
        @Test("keeps its status, its reason and its fields in their order")
        func head() async throws {
            let lines = [
                "x-LAST: first", "Set-Cookie: a=1; Path=/", "Date: Sat, 21 Nov 2026 10:00:00 GMT", "Set-Cookie: b=2",
                "Server: odd/1", "X-Empty: ", "Content-Type: text/plain", "ETag: W/\"1\"", "Retry-After: 7",
            ]
            let head = "HTTP/1.1 299 Quite Odd, Really\r\n" + lines.map { $0 + "\r\n" }.joined()
            try await Bench.run(script: { _ in .raw(head + "Content-Length: 2\r\n\r\nok") }) { bench in
                let (response, _) = try await bench.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(response.startLine == "HTTP/1.1 299 Quite Odd, Really")
                let own = ["Weir-", "Content-Length"]
                #expect(response.headers.lines.filter { line in !own.contains { line.hasPrefix($0) } } == lines)
                #expect(response.text == "ok")
            }
        }

        @Test("passes whatever its status is", arguments: [200, 201, 206, 302, 400, 404, 418, 429, 500, 503, 599])
        func statuses(status: Int) async throws {
            try await Bench.run(script: { _ in .respond(status, body: "as it is") }) { bench in
                let response = try await bench.get()
                #expect(response.status == status)
                #expect(response.text == "as it is")
                #expect(response["Weir-Reason"] == nil)
            }
        }

        @Test("tells its endpoint, its wait and its attempts, and nothing else of Weir")
        func weirFields() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .respond(
                    200,
                    headers: ["Weir-Attempts: 99", "WEIR-REASON: forged", "weir-endpoint: forged", "Weir-New: n"])
            }
            let options = "endpoints: [{ name: order, match: { method: POST, path: /order } }]"
            try await Bench.run(options, script: script) { bench in
                let other = try await bench.get("/order")
                #expect(other.headers.all("Weir-Endpoint") == ["other"])
                #expect(other.headers.all("Weir-Attempts") == ["1"])
                let wait = other.headers.all("Weir-Wait-Ms")
                #expect(wait.count == 1)
                #expect(wait.first?.wholeMatch(of: /[0-9]+([.][0-9]{1,3})?/) != nil)
                let names = other.headers.fields.map(\.name).filter { $0.hasPrefix("weir-") }
                #expect(names.sorted() == ["weir-attempts", "weir-endpoint", "weir-wait-ms"])

                let matched = try await HTTPCall.post(bench.address, "/order?a=b")
                #expect(matched["Weir-Endpoint"] == "order")
                let wished = try await bench.get("/", headers: ["Weir-Endpoint: order"])
                #expect(wished["Weir-Endpoint"] == "order")
            }
        }

        @Test("loses the fields that are for one hop, and those that Connection names")
        func hopByHop() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .respond(
                    200,
                    headers: [
                        "Keep-Alive: timeout=5", "Proxy-Authenticate: Basic", "Trailer: X-Sum", "X-Hop: 1", "X-Kept: k",
                        "Connection: keep-alive, x-hop", "Upgrade: h2c", "Proxy-Connection: keep-alive",
                    ])
            }
            try await Bench.run(script: script) { bench in
                let (response, _) = try await bench.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let names = response.headers.fields.map(\.name).filter { !$0.hasPrefix("weir-") }
                #expect(names.sorted() == ["content-length", "x-kept"])
            }
        }

        @Test("has its chunked body, without trailers")
        func chunked() async throws {
            let chunks = "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n"
            let script: ScriptedUpstream.Script = { _ in
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                for _ in 1...2 {
                    try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    let response = try await caller.readResponse()
                    #expect(response.text == "hello world")
                    #expect(response["Transfer-Encoding"] == "chunked")
                    #expect(response["Content-Length"] == nil)
                    #expect(response.trailers.lines == [])
                }
                #expect(bench.provider.record.connections.count == 1)
            }
        }

        @Test("that ends with the provider's connection is framed for the caller, whose connection lives on")
        func closeDelimited() async throws {
            let script: ScriptedUpstream.Script = { _ in .raw("HTTP/1.1 200 OK\r\n\r\nto the end").thenClose() }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                for _ in 1...2 {
                    try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    let response = try await caller.readResponse()
                    #expect(response.text == "to the end")
                    #expect(response["Transfer-Encoding"] == "chunked")
                    #expect(response["Connection"] == nil)
                }
                #expect(bench.provider.record.connections.count == 2)
            }
        }

        @Test("of an HTTP/1.0 provider passes as HTTP/1.1")
        func oldProvider() async throws {
            let script: ScriptedUpstream.Script = { _ in
                .raw("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold").thenClose()
            }
            try await Bench.run(script: script) { bench in
                let (response, _) = try await bench.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(response.startLine == "HTTP/1.1 200 OK")
                #expect(response.text == "old")
            }
        }

        @Test("to HEAD keeps its length and has no body, and both connections live on")
        func head200() async throws {
            let script: ScriptedUpstream.Script = {
                .respond(200, body: "sixteen bytes ok", headOnly: $0.method == "HEAD")
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                for _ in 1...2 {
                    try await caller.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                    let head = try await caller.readResponse(headRequest: true)
                    #expect(head["Content-Length"] == "16")
                    #expect(head["Transfer-Encoding"] == nil)
                    try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    #expect(try await caller.readResponse().text == "sixteen bytes ok")
                }
                #expect(bench.provider.record.connections.count == 1)
            }
        }

        @Test("without a body has none, and both connections live on", arguments: [204, 304])
        func bodiless(status: Int) async throws {
            let fields = status == 304 ? "Content-Length: 1000\r\nETag: \"e\"\r\n" : "ETag: \"e\"\r\n"
            try await Bench.run(script: { _ in .raw("HTTP/1.1 \(status) None\r\n\(fields)\r\n") }) { bench in
                let caller = try await bench.caller()
                for _ in 1...3 {
                    try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    let response = try await caller.readResponse()
                    #expect(response.status == status)
                    #expect(response["ETag"] == "\"e\"")
                    #expect(response["Content-Length"] == (status == 304 ? "1000" : nil))
                    #expect(response["Transfer-Encoding"] == nil)
                }
                #expect(bench.provider.record.connections.count == 1)
            }
        }

        @Test("comes after the 1xx responses before it")
        func interim() async throws {
            let interim =
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nWeir-Forged: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
            let script: ScriptedUpstream.Script = { _ in
                ScriptedReply(steps: ScriptedReply.raw(interim).steps + ScriptedReply.respond(200, body: "done").steps)
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                for _ in 1...2 {
                    try await caller.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    let response = try await caller.readResponse()
                    #expect(
                        response.interim.map(\.startLine) == ["HTTP/1.1 103 Early Hints", "HTTP/1.1 102 Processing"])
                    #expect(response.interim.first?.headers.lines == ["Link: </a.css>"])
                    #expect(response.text == "done")
                }
                #expect(bench.provider.record.connections.count == 1)
            }
        }
    }
}
