import NIOCore
import Testing
import WeirHTTP

@Suite("Response heads")
struct ResponseHeadParserTests {
    private static func with(_ lines: String) -> String {
        "HTTP/1.1 200 OK\r\n\(lines)\r\n"
    }

    static let refused = [
        Row("coding with a length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
        Row("length with a coding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
        Row("coding gzip", with("Transfer-Encoding: gzip\r\n")),
        Row("coding gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n")),
        Row("coding twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
        Row("coding on HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Row("bad coding on a 204", "HTTP/1.1 204 No\r\nTransfer-Encoding: gzip\r\n\r\n"),
        Row("length repeated", with("Content-Length: 5\r\nContent-Length: 5\r\n")),
        Row("length listed", with("Content-Length: 5,5\r\n")),
        Row("length signed", with("Content-Length: +5\r\n")),
        Row("length empty", with("Content-Length: \r\n")),
        Row("only bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
        Row("bare LF behind a field", with("A: b\n")),
        Row("bare CR in a value", with("A: b\rc\r\n")),
        Row("bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"),
        Row("NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"),
        Row("NUL in a value", with("A: b\0\r\n")),
        Row("folded", with("A: b\r\n c\r\n")),
        Row("space before the colon", with("A : b\r\n")),
        Row("empty name", with(": b\r\n")),
        Row("name not a token", with("A@: b\r\n")),
        Row("HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"),
        Row("HTTP/2", "HTTP/2 200 OK\r\n\r\n"),
        Row("ICY", "ICY 200 OK\r\n\r\n"),
        Row("lower-case version", "http/1.1 200 OK\r\n\r\n"),
        Row("empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n"),
        Row("two blanks before the code", "HTTP/1.1  200 OK\r\n\r\n"),
        Row("code of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
        Row("code of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
        Row("code with a letter", "HTTP/1.1 2x0 OK\r\n\r\n"),
        Row("code signed", "HTTP/1.1 +20 OK\r\n\r\n"),
        Row("code 099", "HTTP/1.1 099 OK\r\n\r\n"),
        Row("code 600", "HTTP/1.1 600 OK\r\n\r\n"),
        Row("tab behind the code", "HTTP/1.1 200\tOK\r\n\r\n"),
        Row("Connection lists Content-Length", with("Connection: Content-Length\r\nContent-Length: 5\r\n")),
    ]

    static let accepted = [
        Row("plain", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        Row("no reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
        Row("no space before no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
        Row("odd reason", "HTTP/1.1 299 Ça va\t bien!\r\nA:b\r\n\r\n"),
        Row("chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n0\r\n\r\n"),
        Row("until close", "HTTP/1.1 200 OK\r\n\r\nabc"),
        Row("HTTP/1.0", "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"),
        Row("Host means nothing here", "HTTP/1.1 200 OK\r\nHost: a b\r\nHost: c\r\nContent-Length: 0\r\n\r\n"),
        Row("sloppy Connection", "HTTP/1.1 200 OK\r\nConnection: a b\r\nContent-Length: 0\r\n\r\n"),
        Row("continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
    ]

    @Test("a response that breaks a rule is refused as malformed", arguments: refused)
    func refuses(_ row: Row) {
        let outcome = parseAll(row, cuts: [])
        guard case .refused(let defect) = outcome else {
            Issue.record("\(row.name) gave \(outcome)")
            return
        }
        #expect(defect.kind == .malformed)
    }

    @Test("the outcome is the same wherever the bytes are split", arguments: refused + accepted)
    func splits(_ row: Row) {
        #expect(parseAll(row, cuts: []) != .incomplete)
        expectSame(whereverSplit: row.message) { parseAll(row, cuts: $0) }
    }

    private func parseAll(_ row: Row, cuts: [Int]) -> Outcome {
        var parser = ResponseHeadParser()
        return feed(Array(row.message.utf8), cuts: cuts) { try parser.parse(&$0, answering: .get).map(describe) }
    }

    struct Expected: Sendable {
        let head: String
        var method = HTTPMethod.get
        let framing: BodyFraming
        let isPersistent: Bool
    }

    static let expectations = [
        Expected(head: "1.1 200 OK\r\nContent-Length: 5", framing: .counted(5), isPersistent: true),
        Expected(head: "1.1 200 OK\r\nContent-Length: 0", framing: .counted(0), isPersistent: true),
        Expected(head: "1.1 200 OK\r\nTransfer-Encoding: chunked", framing: .chunked, isPersistent: true),
        Expected(head: "1.1 200 OK\r\nX: y", framing: .untilClose, isPersistent: false),
        Expected(
            head: "1.1 200 OK\r\nConnection: close\r\nContent-Length: 5", framing: .counted(5), isPersistent: false),
        Expected(
            head: "1.1 200 OK\r\nConnection: x\r\nConnection: Close\r\nContent-Length: 5", framing: .counted(5),
            isPersistent: false),
        Expected(head: "1.1 200 OK\r\nConnection: a b\r\nContent-Length: 5", framing: .counted(5), isPersistent: false),
        Expected(
            head: "1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5", framing: .counted(5), isPersistent: false
        ),
        Expected(head: "1.1 200 OK\r\nContent-Length: 5", method: .head, framing: .none, isPersistent: true),
        Expected(head: "1.1 200 OK\r\nTransfer-Encoding: chunked", method: .head, framing: .none, isPersistent: true),
        Expected(head: "1.1 200 OK\r\nX: y", method: .head, framing: .none, isPersistent: true),
        Expected(head: "1.1 304 Not Modified\r\nContent-Length: 5", framing: .none, isPersistent: true),
        Expected(head: "1.1 204 No Content\r\nX: y", framing: .none, isPersistent: true),
        Expected(head: "1.1 204 No Content\r\nContent-Length: 0", framing: .none, isPersistent: true),
        Expected(head: "1.1 204 No Content\r\nContent-Length: 5", framing: .none, isPersistent: false),
        Expected(head: "1.1 204 No Content\r\nTransfer-Encoding: chunked", framing: .none, isPersistent: false),
        Expected(head: "1.1 100 Continue\r\nX: y", framing: .none, isPersistent: true),
        Expected(head: "1.1 103 Early Hints\r\nContent-Length: 5", framing: .none, isPersistent: false),
        Expected(head: "1.1 101 Switching\r\nUpgrade: websocket", framing: .none, isPersistent: false),
    ]

    @Test("framing and reuse follow status, method and fields", arguments: expectations)
    func meaning(_ expected: Expected) throws {
        let head = try #require(try response("HTTP/\(expected.head)\r\n\r\n", answering: expected.method))
        #expect(head.framing == expected.framing)
        #expect(head.isPersistent == expected.isPersistent)
        #expect(head.isInformational == (head.status < 200))
    }

    @Test("a final head follows an informational one")
    func informationalFirst() throws {
        var parser = ResponseHeadParser()
        var buffer = ByteBuffer(
            string: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 1\r\n\r\nx")
        let first = try #require(try parser.parse(&buffer, answering: .get))
        let second = try #require(try parser.parse(&buffer, answering: .get))
        #expect(first.isInformational && first.fieldCount == 0)
        #expect(second.status == 429 && second.first(.retryAfter) == "7" && second.framing == .counted(1))
        #expect(second.first(named: "RETRY-after") == "7")
        #expect(String(buffer: buffer) == "x")
    }

    @Test("only a 101 that names websocket alone agrees to one")
    func webSocket() throws {
        let agreed = "HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        #expect(try response(agreed)?.upgradesToWebSocket == true)
        #expect(
            try response("HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")?.upgradesToWebSocket == false)
        #expect(try response("HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n")?.upgradesToWebSocket == false)
        let refused = "HTTP/1.1 200 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        #expect(try response(refused)?.upgradesToWebSocket == false)
    }

    @Test("limits hold for responses too")
    func limits() {
        let endless = "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 32 * 1024)
        #expect(throws: HTTPDefect(kind: .headTooLarge, text: "the head is too large")) { try response(endless) }
        let many = "HTTP/1.1 200 OK\r\n" + (1...101).map { "f\($0): v\r\n" }.joined()
        #expect(throws: HTTPDefect(kind: .tooManyFields, text: "the head has too many fields")) { try response(many) }
    }
}
