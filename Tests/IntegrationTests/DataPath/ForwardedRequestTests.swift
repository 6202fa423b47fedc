import Testing
import WeirTestKit

extension DataPath {
    @Suite("A forwarded request")
    struct ForwardedRequestTests {
        @Test(
            "keeps its method and target",
            arguments: [
                ("GET", "/"), ("POST", "/v5/order/create?symbol=BTC%2FUSD&x=1&x=2"), ("DELETE", "/a//b/../c;v=1?"),
                ("PATCH", "/%e4%C3?q=%00&empty=&[]={}"), ("OPTIONS", "*"), ("OPTIONS", "/x"), ("PROPFIND", "/dav"),
                ("X-OWN!METHOD", "/a?b?c"), ("PUT", "/\(String(repeating: "p", count: 8000))"),
            ])
        func startLine(method: String, target: String) async throws {
            try await Bench.run { bench in
                let response = try await HTTPCall.send(method, bench.address, target, body: method == "PUT" ? "x" : nil)
                #expect(response.status == 200)
                let request = try #require(bench.provider.requests.first)
                #expect(request.startLine == "\(method) \(target) HTTP/1.1")
            }
        }

        @Test("keeps its other fields: their order, spelling, repetition and values")
        func fields() async throws {
            try await Bench.run { bench in
                let lines = [
                    "x-LAST: first", "Accept: */*", "X-Repeated: 1", "Cookie: a=b; c=d", "X-Empty: ", "X-Repeated: 2",
                    "Authorization: Bearer a.b-c_d", "X-Comma: a, ,b,,", "User-Agent: odd (client; \"v1\")",
                    "Accept-Encoding: gzip", "x-repeated: 3", "Range: bytes=0-1,3-", "Date: tomorrow",
                    "Upgrade-Insecure-Requests: 1", "!#$%&'*+-.^_`|~: token", "X-Tab: a\tb",
                ]
                _ = try await bench.get("/", headers: lines)
                let request = try #require(bench.provider.requests.first)
                #expect(request.headers.lines.filter { !$0.hasPrefix("Host:") } == lines)
            }
        }

        @Test("keeps 60 fields in their order")
        func manyFields() async throws {
            try await Bench.run { bench in
                let lines = (1...60).map { "X-Field-\($0 % 7): value \($0) \(String(repeating: "v", count: $0))" }
                _ = try await bench.get("/", headers: lines)
                let request = try #require(bench.provider.requests.first)
                #expect(request.headers.lines.filter { $0.hasPrefix("X-Field-") } == lines)
            }
        }

        @Test("keeps bytes beyond ASCII in its values, both ways")
        func obsText() async throws {
            let line = Array("X-Name: ".utf8) + [0xE9, 0x20, 0xFF, 0x80, 0xC3, 0xBC] + Array("\r\n".utf8)
            let reply =
                Array("HTTP/1.1 200 ".utf8) + [0xE4] + Array("\r\n".utf8) + line
                + Array("Content-Length: 0\r\n\r\n".utf8)
            try await Bench.run(script: { _ in .raw(reply) }) { bench in
                let caller = try await bench.caller()
                try await caller.send(
                    Array("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n".utf8) + line + Array("\r\n".utf8))
                let answer = try await caller.readUntilClose()
                #expect(answer.starts(with: Array("HTTP/1.1 200 ".utf8) + [0xE4, 0x0D]))
                #expect(answer.contains(line))
                #expect(bench.provider.record.connections[0].bytes.contains(line))
            }
        }

        @Test("says the provider's authority as its Host")
        func host() async throws {
            try await Bench.run { bench in
                _ = try await bench.get("/", headers: ["Host: caller.example:99"])
                #expect(bench.provider.requests.first?.headers.all("Host") == [bench.provider.endpoint.authority])
            }
        }

        @Test("says the caller's Host with preserve_host")
        func preserveHost() async throws {
            try await Bench.run("preserve_host: true") { bench in
                _ = try await bench.get("/", headers: ["Host: caller.example:99"])
                #expect(bench.provider.requests.first?.headers.all("Host") == ["caller.example:99"])
            }
        }

        @Test("has the path of the URL before its own")
        func pathPrefix() async throws {
            try await Bench.run(url: { "http://\($0)/api/v2/" }) { bench in
                _ = try await bench.get("/orders?x=/y")
                #expect(bench.provider.requests.first?.target == "/api/v2/orders?x=/y")
            }
        }

        @Test("has the request_headers in place of the caller's")
        func requestHeaders() async throws {
            try await Bench.run("request_headers: { X-Api-Key: s3cret, User-Agent: weir-user }") { bench in
                _ = try await bench.get("/", headers: ["x-api-key: mine", "X-Other: o", "X-API-KEY: mine too"])
                let request = try #require(bench.provider.requests.first)
                #expect(request.headers.all("X-Api-Key") == ["s3cret"])
                #expect(request.headers.all("User-Agent") == ["weir-user"])
                #expect(request["X-Other"] == "o")
            }
        }

        @Test("loses the fields that are for one hop, and those that Connection names")
        func hopByHop() async throws {
            try await Bench.run { bench in
                let lines = [
                    "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic eDp5",
                    "TE: trailers", "Trailer: X-Sum", "X-Hop: 1", "X-Kept: k",
                    "Connection: keep-alive, X-Hop, x-second",
                    "X-Second: 2", "x-hop: 3",
                ]
                let (response, _) = try await bench.send(
                    "GET / HTTP/1.1\r\nHost: h\r\n\(lines.joined(separator: "\r\n"))\r\n\r\n")
                #expect(response.status == 200)
                let request = try #require(bench.provider.requests.first)
                #expect(Set(request.headers.fields.map(\.name)) == ["host", "x-kept"])
            }
        }

        @Test("loses the Weir fields, known or not")
        func weirFields() async throws {
            try await Bench.run { bench in
                let response = try await bench.get(
                    "/",
                    headers: [
                        "Weir-Priority: high", "weir-max-wait: 5s", "WEIR-COST: 1", "Weir-Endpoint: other",
                        "Weir-Key: k", "Weir-Anything: a", "X-Weir: kept",
                    ])
                #expect(response.status == 200)
                let request = try #require(bench.provider.requests.first)
                #expect(request.headers.fields.map(\.name).filter { $0.hasPrefix("weir-") } == [])
                #expect(request["X-Weir"] == "kept")
            }
        }

        @Test("gets no forwarding field, and those of the caller pass")
        func forwardingFields() async throws {
            try await Bench.run { bench in
                let response = try await bench.get("/plain")
                _ = try await bench.get("/own", headers: ["X-Forwarded-For: 10.0.0.1", "Via: 1.1 caller"])
                let requests = bench.provider.requests
                for name in [
                    "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
                ] {
                    #expect(requests[0][name] == nil)
                    #expect(response[name] == nil)
                }
                #expect(requests[1].headers.all("X-Forwarded-For") == ["10.0.0.1"])
                #expect(requests[1].headers.all("Via") == ["1.1 caller"])
            }
        }

        @Test("has its counted body", arguments: [0, 1, 5, 65_536, 300_000])
        func countedBody(length: Int) async throws {
            try await Bench.run { bench in
                let body = String(repeating: "0123456789abcdef!", count: length / 17 + 1).prefix(length)
                let response = try await HTTPCall.post(bench.address, "/", body: String(body))
                #expect(response.status == 200)
                let request = try #require(bench.provider.requests.first)
                #expect(request.text == body)
                #expect(request["Content-Length"] == "\(length)")
                #expect(request["Transfer-Encoding"] == nil)
            }
        }

        @Test("has its chunked body, framed anew, without extensions and trailers")
        func chunkedBody() async throws {
            try await Bench.run { bench in
                let caller = try await bench.caller()
                try await caller.send(
                    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;name=v\r\nhello\r\n")
                try await bench.provider.wait(for: "the first chunk") { $0.requests.first?.bodyLength == 5 }
                try await caller.send("1\r\n \r\n0000000A\r\nthe world..\r\n".replacing("..", with: "!"))
                try await caller.send("0\r\nX-Sum: 1\r\n\r\n")
                #expect(try await caller.readResponse().status == 200)
                let request = try #require(bench.provider.requests.first)
                #expect(request.text == "hello the world!")
                #expect(request["Transfer-Encoding"] == "chunked")
                #expect(request["Content-Length"] == nil)
                #expect(request.trailers.lines == [])
            }
        }
    }
}

extension [UInt8] {
    /// Whether these bytes are somewhere in it.
    fileprivate func contains(_ bytes: [UInt8]) -> Bool { firstRange(of: bytes) != nil }
}
