import NIOCore
import Testing
import WeirHTTP

@Suite("Writing requests")
struct RequestWriterTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var writer = RequestWriter(authority: "up.example", pathPrefix: "", preserveHost: false, setFields: [])
        let sent: String
        let written: String

        init(_ name: String, writer: RequestWriter? = nil, sent: String, written: String) {
            testDescription = name
            if let writer { self.writer = writer }
            self.sent = sent
            self.written = written
        }
    }

    private static func writer(
        prefix: String = "", preserveHost: Bool = false, set: [(name: String, value: String)] = [], via: String? = nil
    ) -> RequestWriter {
        RequestWriter(
            authority: "up.example", pathPrefix: prefix, preserveHost: preserveHost, setFields: set, via: via)
    }

    static let goldens = [
        Golden(
            "plain", sent: "GET /a?b HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\nAccept: */*\r\n\r\n",
            written: "GET /a?b HTTP/1.1\r\nHost: up.example\r\nUser-Agent: u\r\nAccept: */*\r\n\r\n"),
        Golden(
            "Host goes first wherever it stood", sent: "GET / HTTP/1.1\r\nA: b\r\nhost: h\r\nC: d\r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nA: b\r\nC: d\r\n\r\n"),
        Golden(
            "white space is normal, names keep their case",
            sent: "GET / HTTP/1.1\r\nHost: h\r\na:b\r\nC: \t d e \r\nF:\r\nG: h\r\nI: \r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: up.example\r\na: b\r\nC: d e\r\nF: \r\nG: h\r\nI: \r\n\r\n"),
        Golden(
            "hop-by-hop fields go",
            sent: """
                GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\n\
                Proxy-Connection: x\r\nProxy-Authorization: Basic x\r\nTE: trailers\r\nTrailer: T\r\nB: 2\r\n\
                x-hop: secret\r\nProxy-Authenticate: x\r\nC: 3\r\n\r\n
                """,
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"),
        Golden(
            "Weir's own fields go",
            sent: """
                GET / HTTP/1.1\r\nHost: h\r\nWeir-Priority: high\r\nWEIR-MAX-WAIT: 1s\r\nweir-cost: 2\r\n\
                Weir-Endpoint: e\r\nWeir-Key: k\r\nWeir-Whatever: x\r\nWeird: stays\r\n\r\n
                """,
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nWeird: stays\r\n\r\n"),
        Golden(
            "forwarding fields, Via and Expect pass",
            sent: "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1\r\nVia: 1.1 x\r\nExpect: 100-continue\r\n\r\n",
            written: """
                GET / HTTP/1.1\r\nHost: up.example\r\nX-Forwarded-For: 1\r\nVia: 1.1 x\r\nExpect: 100-continue\r\n\r\n
                """),
        Golden(
            "a length is written anew", sent: "POST / HTTP/1.1\r\nContent-Length: 0012\r\nHost: h\r\nA: b\r\n\r\n",
            written: "POST / HTTP/1.1\r\nHost: up.example\r\nA: b\r\nContent-Length: 12\r\n\r\n"),
        Golden(
            "a length of 0 is kept", sent: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
            written: "POST / HTTP/1.1\r\nHost: up.example\r\nContent-Length: 0\r\n\r\n"),
        Golden(
            "a great length", sent: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000000000000007\r\n\r\n",
            written: "POST / HTTP/1.1\r\nHost: up.example\r\nContent-Length: 900000000000000007\r\n\r\n"),
        Golden(
            "a coding is written anew", sent: "POST / HTTP/1.1\r\nHost: h\r\ntransfer-encoding:CHUNKED\r\n\r\n",
            written: "POST / HTTP/1.1\r\nHost: up.example\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Golden(
            "HTTP/1.0 becomes 1.1 and loses Expect",
            sent: "POST /a HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
            written: "POST /a HTTP/1.1\r\nHost: up.example\r\nContent-Length: 5\r\n\r\n"),
        Golden(
            "absolute form becomes origin form", sent: "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n",
            written: "GET /a?b HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "an empty path becomes a slash", sent: "GET http://h?b HTTP/1.1\r\nHost: h\r\n\r\n",
            written: "GET /?b HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "OPTIONS * stays, without the prefix", writer: writer(prefix: "/v1"),
            sent: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", written: "OPTIONS * HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "OPTIONS on a bare authority becomes *", sent: "OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n",
            written: "OPTIONS * HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "a prefix", writer: writer(prefix: "/v1/"), sent: "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n",
            written: "GET /v1/a?b HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "a prefix without a slash first", writer: writer(prefix: "v1"),
            sent: "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", written: "GET /v1/ HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "the prefix / is none", writer: writer(prefix: "/"), sent: "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
            written: "GET /a HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "the caller's Host", writer: writer(preserveHost: true),
            sent: "GET / HTTP/1.1\r\nA: b\r\nHost:H:81\r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: H:81\r\nA: b\r\n\r\n"),
        Golden(
            "the caller's Host when there is none", writer: writer(preserveHost: true), sent: "GET / HTTP/1.0\r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: up.example\r\n\r\n"),
        Golden(
            "set fields replace those of the caller",
            writer: writer(set: [(name: "X-Api-Key", value: "s3cret"), (name: "B", value: "2")]),
            sent: "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nx-api-key: mine\r\nX-API-KEY: mine\r\nC: 3\r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nA: 1\r\nC: 3\r\nX-Api-Key: s3cret\r\nB: 2\r\n\r\n"),
        Golden(
            "a set Host replaces the authority", writer: writer(set: [(name: "host", value: "other")]),
            sent: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", written: "GET / HTTP/1.1\r\nHost: other\r\n\r\n"),
        Golden(
            "set fields cannot frame a message",
            writer: writer(set: [
                (name: "Content-Length", value: "5"), (name: "Transfer-Encoding", value: "x"),
                (name: "A B", value: "c"),
                (name: "D", value: "e\r\nF: g\0"), (name: "Connection", value: "x"), (name: "", value: "x"),
            ]),
            sent: "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nD: eF: g\r\n\r\n"),
        Golden(
            "Via is added behind those there are", writer: writer(via: "weir"),
            sent: "GET / HTTP/1.1\r\nHost: h\r\nVia: 1.1 x\r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nVia: 1.1 x\r\nVia: 1.1 weir\r\n\r\n"),
        Golden(
            "Via names the version received", writer: writer(via: "weir"), sent: "GET / HTTP/1.0\r\n\r\n",
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nVia: 1.0 weir\r\n\r\n"),
        Golden(
            "a WebSocket upgrade goes on",
            sent: """
                GET /s HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
                Sec-WebSocket-Key: k\r\n\r\n
                """,
            written: """
                GET /s HTTP/1.1\r\nHost: up.example\r\nSec-WebSocket-Key: k\r\nConnection: Upgrade\r\n\
                Upgrade: websocket\r\n\r\n
                """),
        Golden(
            "an h2c upgrade does not, nor do its settings",
            sent: """
                GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
                HTTP2-Settings: AAMAAABkAAQAAP__\r\nA: b\r\n\r\n
                """,
            written: "GET / HTTP/1.1\r\nHost: up.example\r\nA: b\r\n\r\n"),
    ]

    @Test("a request is written byte for byte so", arguments: goldens)
    func golden(_ golden: Golden) throws {
        let head = try #require(try request(golden.sent))
        var buffer = ByteBuffer()
        golden.writer.write(head, into: &buffer)
        #expect(String(buffer: buffer) == golden.written)
        // What is written passes our own rules, and written again it stays as it is.
        let again = try #require(try request(golden.written))
        #expect(again.framing == head.framing)
        var second = ByteBuffer()
        RequestWriter(authority: again.authority, pathPrefix: "", preserveHost: true, setFields: [])
            .write(again, into: &second)
        #expect(String(buffer: second) == golden.written)
    }

    @Test("a head may be written any number of times, behind other bytes")
    func writesAgain() throws {
        let head = try #require(try request("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n"))
        let writer = RequestWriter(authority: "u", pathPrefix: "", preserveHost: false, setFields: [])
        var buffer = ByteBuffer(string: "x")
        writer.write(head, into: &buffer)
        writer.write(head, into: &buffer)
        let once = "GET / HTTP/1.1\r\nHost: u\r\nA: b\r\n\r\n"
        #expect(String(buffer: buffer) == "x" + once + once)
    }
}
