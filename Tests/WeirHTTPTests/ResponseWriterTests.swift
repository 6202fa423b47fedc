import NIOCore
import Testing
import WeirHTTP

@Suite("Writing responses")
struct ResponseWriterTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sent: String
        var method = HTTPMethod.get
        var version = HTTPVersion.http11
        var close = false
        var via: String?
        let written: String
        let framing: BodyFraming
    }

    private static let stamp = "Weir-Endpoint: place_order\r\nWeir-Wait-Ms: 12.345\r\nWeir-Attempts: 2\r\n"

    static let goldens = [
        Golden(
            testDescription: "counted",
            sent: "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 05\r\nContent-Type: text/plain\r\n\r\n",
            written: "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/plain\r\n\(stamp)Content-Length: 5\r\n\r\n",
            framing: .counted(5)),
        Golden(
            testDescription: "chunked", sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n",
            written: "HTTP/1.1 200 OK\r\nA: b\r\n\(stamp)Transfer-Encoding: chunked\r\n\r\n", framing: .chunked),
        Golden(
            testDescription: "chunked, for HTTP/1.0",
            sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n", version: .http10,
            written: "HTTP/1.1 200 OK\r\nA: b\r\n\(stamp)Connection: close\r\n\r\n", framing: .untilClose),
        Golden(
            testDescription: "until close becomes chunked", sent: "HTTP/1.0 200 OK\r\nA: b\r\n\r\n",
            written: "HTTP/1.1 200 OK\r\nA: b\r\n\(stamp)Transfer-Encoding: chunked\r\n\r\n", framing: .chunked),
        Golden(
            testDescription: "until close, for HTTP/1.0", sent: "HTTP/1.1 200 OK\r\n\r\n", version: .http10,
            written: "HTTP/1.1 200 OK\r\n\(stamp)Connection: close\r\n\r\n", framing: .untilClose),
        Golden(
            testDescription: "counted, for HTTP/1.0", sent: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            version: .http10,
            written: "HTTP/1.1 200 OK\r\n\(stamp)Content-Length: 5\r\nConnection: close\r\n\r\n", framing: .counted(5)),
        Golden(
            testDescription: "closing", sent: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", close: true,
            written: "HTTP/1.1 200 OK\r\n\(stamp)Content-Length: 5\r\nConnection: close\r\n\r\n", framing: .counted(5)),
        Golden(
            testDescription: "hop-by-hop fields and the upstream's own Weir-* go",
            sent: """
                HTTP/1.1 429 Slow\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n\
                weir-endpoint: fake\r\nWeir-Reason: fake\r\nProxy-Authenticate: x\r\nTrailer: T\r\nUpgrade: h2c\r\n\
                Retry-After: 7\r\nContent-Length: 0\r\n\r\n
                """,
            written: "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\n\(stamp)Content-Length: 0\r\n\r\n", framing: .counted(0)),
        Golden(
            testDescription: "HEAD keeps the length as sent",
            sent: "HTTP/1.1 200 OK\r\nContent-Length: 005\r\nA:b\r\n\r\n",
            method: .head, written: "HTTP/1.1 200 OK\r\nContent-Length: 005\r\nA: b\r\n\(stamp)\r\n", framing: .none),
        Golden(
            testDescription: "304 keeps the length as sent",
            sent: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            written: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\(stamp)\r\n", framing: .none),
        Golden(
            testDescription: "HEAD of a chunked one", sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            method: .head, written: "HTTP/1.1 200 OK\r\n\(stamp)\r\n", framing: .none),
        Golden(
            testDescription: "204 has no length", sent: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nA: b\r\n\r\n",
            written: "HTTP/1.1 204 No Content\r\nA: b\r\n\(stamp)\r\n", framing: .none),
        Golden(
            testDescription: "no reason", sent: "HTTP/1.1 200\r\nA: b\r\nContent-Length: 0\r\n\r\n",
            written: "HTTP/1.1 200 \r\nA: b\r\n\(stamp)Content-Length: 0\r\n\r\n", framing: .counted(0)),
        Golden(
            testDescription: "white space is normal",
            sent: "HTTP/1.0 299 Ça va\r\na:b\r\nC:  d \r\nContent-Length: 0\r\n\r\n",
            written: "HTTP/1.1 299 Ça va\r\na: b\r\nC: d\r\n\(stamp)Content-Length: 0\r\n\r\n", framing: .counted(0)),
        Golden(
            testDescription: "Via", sent: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", via: "weir",
            written: "HTTP/1.1 200 OK\r\nVia: 1.0 weir\r\n\(stamp)Content-Length: 0\r\n\r\n", framing: .counted(0)),
        Golden(
            testDescription: "continue goes bare", sent: "HTTP/1.1 100 Continue\r\nA: b\r\nWeir-X: y\r\n\r\n",
            close: true,
            written: "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n", framing: .none),
        Golden(
            testDescription: "early hints lose framing",
            sent: "HTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 5\r\nConnection: x\r\n\r\n",
            written: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", framing: .none),
        Golden(
            testDescription: "HTTP/1.0 callers get no 1xx", sent: "HTTP/1.1 100 Continue\r\n\r\n", version: .http10,
            written: "", framing: .none),
        Golden(
            testDescription: "a WebSocket is agreed to",
            sent:
                "HTTP/1.1 101 Switching\r\nupgrade: WebSocket\r\nconnection: UPGRADE\r\nSec-WebSocket-Accept: k\r\n\r\n",
            written: """
                HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n
                """,
            framing: .none),
    ]

    @Test("a response is written byte for byte so", arguments: goldens)
    func golden(_ golden: Golden) throws {
        let head = try #require(try response(golden.sent, answering: golden.method))
        var buffer = ByteBuffer()
        let framing = ResponseWriter.write(
            head, answering: golden.version, close: golden.close, endpoint: "place_order", waitNanoseconds: 12_345_678,
            attempts: 2, via: golden.via, into: &buffer)
        #expect(framing == golden.framing)
        #expect(String(buffer: buffer) == golden.written)
        // What is written passes our own rules and means what was returned.
        guard !golden.written.isEmpty else { return }
        #expect(try response(golden.written, answering: golden.method)?.framing == framing)
    }

    static let durations: [(Int64, String)] = [
        (0, "0"), (-5, "0"), (999, "0"), (1000, "0.001"), (10_000, "0.01"), (300_000, "0.3"), (1_000_000, "1"),
        (12_345_678, "12.345"), (12_300_000, "12.3"), (12_050_000, "12.05"), (100_000_000_000, "100000"),
        (123_456_789_012_345, "123456789.012"), (.max, "9223372036854.775"),
    ]

    @Test("waits are milliseconds with up to three decimals, rounded down", arguments: durations)
    func waits(_ nanoseconds: Int64, _ text: String) throws {
        let head = try #require(try response("HTTP/1.1 204 N\r\n\r\n"))
        var buffer = ByteBuffer()
        _ = ResponseWriter.write(
            head, answering: .http11, close: false, endpoint: "e", waitNanoseconds: nanoseconds, attempts: 1,
            into: &buffer)
        #expect(try response(String(buffer: buffer))?.first(named: "weir-wait-ms") == text)
    }
}
