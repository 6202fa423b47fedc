import NIOCore
import Testing
import WeirHTTP

@Suite("Request heads")
struct RequestHeadParserTests {
    @Test("a request that breaks a rule is refused as malformed", arguments: RequestRows.refused)
    func refuses(_ row: Row) {
        let outcome = parseAll(row, cuts: [])
        guard case .refused(let defect) = outcome else {
            Issue.record("\(row.name) gave \(outcome)")
            return
        }
        #expect(defect.kind == .malformed)
    }

    @Test("the outcome is the same wherever the bytes are split", arguments: RequestRows.refused + RequestRows.accepted)
    func splits(_ row: Row) {
        #expect(parseAll(row, cuts: []) != .incomplete)
        expectSame(whereverSplit: row.message) { parseAll(row, cuts: $0) }
    }

    private func parseAll(_ row: Row, cuts: [Int]) -> Outcome {
        var parser = RequestHeadParser()
        return feed(Array(row.message.utf8), cuts: cuts) { try parser.parse(&$0).map(describe) }
    }

    struct Expected: Sendable {
        let message: String
        let method: HTTPMethod
        let path: String
        let query: String?
        let authority: String
        let framing: BodyFraming
        var isPersistent = true
        var isAbsolute = false
    }

    static let expectations = [
        Expected(
            message: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", method: .get, path: "/", query: nil, authority: "h",
            framing: .none),
        Expected(
            message: "HEAD /a?b=c?d HTTP/1.1\r\nHost: h:81\r\n\r\n", method: .head, path: "/a", query: "b=c?d",
            authority: "h:81", framing: .none),
        Expected(
            message: "POST /a? HTTP/1.1\r\nHost: H\r\nContent-Length: 0\r\n\r\n", method: .post, path: "/a", query: "",
            authority: "H", framing: .counted(0)),
        Expected(
            message: "PUT /a HTTP/1.1\r\nHost:h \r\nContent-Length: 0012\t\r\n\r\n", method: .put, path: "/a",
            query: nil, authority: "h", framing: .counted(12)),
        Expected(
            message: "PATCH /a HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nHost: h\r\n\r\n", method: .patch, path: "/a",
            query: nil, authority: "h", framing: .chunked),
        Expected(
            message: "DELETE http://H/a?b HTTP/1.1\r\nHost: h:80\r\n\r\n", method: .delete, path: "/a", query: "b",
            authority: "h:80", framing: .none, isAbsolute: true),
        Expected(
            message: "GET http://h?b HTTP/1.1\r\nHost: h\r\n\r\n", method: .get, path: "/", query: "b", authority: "h",
            framing: .none, isAbsolute: true),
        Expected(
            message: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", method: .options, path: "*", query: nil, authority: "h",
            framing: .none),
        Expected(
            message: "OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n", method: .options, path: "*", query: nil,
            authority: "h", framing: .none, isAbsolute: true),
        Expected(
            message: "OPTIONS http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", method: .options, path: "/", query: nil,
            authority: "h", framing: .none, isAbsolute: true),
        Expected(
            message: "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", method: .connect, path: "/", query: nil,
            authority: "h", framing: .none),
        Expected(
            message: "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", method: .trace, path: "/", query: nil, authority: "h",
            framing: .none),
        Expected(
            message: "get / HTTP/1.1\r\nHost: h\r\n\r\n", method: .other, path: "/", query: nil, authority: "h",
            framing: .none),
        Expected(
            message: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", method: .get, path: "/", query: nil,
            authority: "", framing: .none, isPersistent: false),
        Expected(
            message: "GET http://h:1/ HTTP/1.0\r\n\r\n", method: .get, path: "/", query: nil, authority: "h:1",
            framing: .none, isPersistent: false, isAbsolute: true),
        Expected(
            message: "GET / HTTP/1.1\r\nHost: h\r\nConnection: a\r\nConnection: b , CLOSE\r\n\r\n", method: .get,
            path: "/", query: nil, authority: "h", framing: .none, isPersistent: false),
        Expected(
            message: "GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", method: .get, path: "/", query: nil,
            authority: "h", framing: .none),
    ]

    @Test("a head says what was sent", arguments: expectations)
    func meaning(_ expected: Expected) throws {
        let head = try #require(try request(expected.message))
        #expect(head.method == expected.method)
        #expect(head.methodName == expected.message.prefix { $0 != " " })
        #expect(head.path == expected.path)
        #expect(head.withPath { span in span.indices.map { span[$0] } } == Array(expected.path.utf8))
        #expect(head.withMethod { $0.count } == head.methodName.utf8.count)
        #expect(head.withAuthority { $0.count } == expected.authority.utf8.count)
        #expect(head.query == expected.query)
        #expect(head.authority == expected.authority)
        #expect(head.framing == expected.framing)
        #expect(head.isPersistent == expected.isPersistent)
        #expect(head.isAbsoluteForm == expected.isAbsolute)
    }

    @Test("fields are found by kind and by name, letter case aside, and trimmed")
    func fieldAccess() throws {
        let head = try #require(
            try request(
                """
                GET / HTTP/1.1\r\nHost: h\r\nIDEMPOTENCY-KEY:  k 1 \r\nX-Api-Key: one\r\nx-api-key: two\r\n\
                X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 2.2.2.2\r\nWeir-Nonsense: 1\r\nE:\r\n\r\n
                """))
        #expect(head.fieldCount == 8)
        #expect(head.first(.idempotencyKey) == "k 1")
        #expect(head.first(.retryAfter) == nil)
        #expect(head.first(.weirOther) == "1")
        #expect(head.fields.contains(.weirOther))
        #expect(!head.fields.contains(.weirKey))
        #expect(head.first(named: "X-API-Key") == "one")
        #expect(head.first(named: "X-API-Ke") == nil)
        #expect(head.first(named: "e")?.isEmpty == true)
        #expect(head.first(.xForwardedFor) == "1.1.1.1")
    }

    static let names: [(String, KnownField)] = [
        ("connection", .connection), ("keep-alive", .keepAlive), ("proxy-connection", .proxyConnection),
        ("proxy-authenticate", .proxyAuthenticate), ("proxy-authorization", .proxyAuthorization), ("te", .te),
        ("trailer", .trailer), ("upgrade", .upgrade), ("expect", .expect), ("via", .via),
        ("idempotency-key", .idempotencyKey), ("retry-after", .retryAfter), ("content-type", .contentType),
        ("x-forwarded-for", .xForwardedFor), ("weir-priority", .weirPriority), ("weir-max-wait", .weirMaxWait),
        ("weir-cost", .weirCost), ("weir-endpoint", .weirEndpoint), ("weir-key", .weirKey), ("weir-", .weirOther),
        ("weir-keys", .weirOther), ("weir", .other), ("vias", .other), ("hose", .other), ("retry-aftes", .other),
        ("weirdness", .other),
    ]

    @Test("the fields with a meaning are known in any letter case, and no others", arguments: names)
    func knownFields(_ name: String, _ known: KnownField) throws {
        let shouting = name.uppercased()
        for spelling in [name, shouting] {
            let head = try #require(try request("GET / HTTP/1.1\r\nHost: h\r\n\(spelling): v\r\n\r\n"))
            for field in KnownField.allCases where field != .host && field != .other {
                #expect(head.fields.contains(field) == (field == known), "\(spelling) as \(field)")
            }
        }
    }

    @Test("a head of exactly the greatest size passes, a byte more does not, complete or not")
    func sizeLimit() throws {
        let limits = HeadLimits(maxBytes: 200, maxFields: 100)
        let frame = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n".utf8.count
        for (extra, fits) in [(0, true), (1, false)] {
            let value = String(repeating: "x", count: 200 - frame + extra)
            let text = "GET / HTTP/1.1\r\nHost: h\r\nA: \(value)\r\n\r\n"
            for cuts in [[], Array(0...text.utf8.count)] {
                var parser = RequestHeadParser(limits: limits)
                let outcome = feed(Array(text.utf8), cuts: cuts) { try parser.parse(&$0).map(describe) }
                if case .refused(let defect) = outcome {
                    #expect(!fits && defect.kind == .headTooLarge)
                } else {
                    #expect(fits && outcome != .incomplete)
                }
            }
        }
        for line in ["GET /", "GET / HTTP/1.1\r\nA: "] {
            let endless = line + String(repeating: "x", count: 32 * 1024)
            #expect(throws: HTTPDefect(kind: .headTooLarge, text: "the head is too large")) { try request(endless) }
        }
    }

    @Test("a hundred fields pass, one more does not")
    func fieldLimit() throws {
        func text(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: h\r\n" + (2...count).map { "f\($0): v\r\n" }.joined() + "\r\n"
        }
        #expect(try request(text(100))?.fieldCount == 100)
        #expect(throws: HTTPDefect(kind: .tooManyFields, text: "the head has too many fields")) {
            try request(text(101))
        }
    }

    @Test("pipelined heads come out one by one, and one in use is not disturbed by the next")
    func pipelined() throws {
        var parser = RequestHeadParser()
        var buffer = ByteBuffer(
            string: """
                GET /1 HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n\r\nGET /2?q HTTP/1.1\r\nHost: b\r\n\r\n\
                GET /a/path/behind HTTP/1.1\r\nHost: c\r\n\r\nGET /4
                """)
        let first = try #require(try parser.parse(&buffer))
        #expect(!parser.isMidHead)
        let second = try #require(try parser.parse(&buffer))
        let third = try #require(try parser.parse(&buffer))
        #expect(try parser.parse(&buffer) == nil)
        #expect(parser.isMidHead)
        #expect([first.path, first.authority, first.first(named: "x")] == ["/1", "a", "1"])
        #expect(first.query == nil)
        #expect([second.path, second.authority, second.query] == ["/2", "b", "q"])
        #expect(second.first(named: "x") == nil)
        #expect(second.fieldCount == 1)
        #expect(third.path == "/a/path/behind" && third.query == nil)
    }

    @Test("a defect stays: nothing behind it is ever parsed")
    func defectStays() throws {
        var parser = RequestHeadParser()
        var buffer = ByteBuffer(string: "BAD\r\n\r\n")
        #expect(throws: HTTPDefect.self) { try parser.parse(&buffer) }
        buffer = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(throws: HTTPDefect.self) { try parser.parse(&buffer) }
    }

    static let upgrades: [(String, Bool)] = [
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", true),
        ("GET / HTTP/1.1\r\nConnection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n", true),
        ("GET / HTTP/1.1\r\nUpgrade: websocket\r\n", false),
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\n", false),
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n", false),
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c, websocket\r\n", false),
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n", false),
        ("POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", false),
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", false),
    ]

    @Test("only a plain WebSocket upgrade counts as one", arguments: upgrades)
    func webSocket(_ lines: String, _ isUpgrade: Bool) throws {
        #expect(try request("\(lines)Host: h\r\n\r\n")?.upgradesToWebSocket == isUpgrade)
    }
}
