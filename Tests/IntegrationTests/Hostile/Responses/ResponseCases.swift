extension Hostile.Response {
    /// Heads that are no HTTP/1.1, or more than one thing.
    static let refused: [Self] = starts + framing + lines

    private static let starts: [Self] =
        [
            Self("an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            Self("bare LF throughout", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
            Self("bare LF behind the status", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
            Self("bare CR in the reason", "HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n"),
            Self("NUL in the reason", "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"),
            Self("bare LF at the end", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\nX"),
            Self("SSH", "SSH-2.0-OpenSSH_9.2\r\n"), Self("a request", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            Self("frames of HTTP/2", "\0\0\u{12}\u{04}\0\0\0\0\0"), Self("only a body", "<html>hello</html>"),
            Self(
                "an unasked 101", "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
            Self("a 101 to h2c", "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
            Self("nonsense behind a 100", "HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        ]
        + [
            "HTTP/2.0 200 OK", "HTTP/2 200", "HTTP/1.2 200 OK", "HTTP/0.9 200 OK", "HTTP/1.11 200 OK",
            "http/1.1 200 OK",
            "ICY 200 OK", "HTTP/1.1200 OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", " HTTP/1.1 200 OK",
            "HTTP/1.1 20 OK",
            "HTTP/1.1 2000 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1 099 Low", "HTTP/1.1 600 High", "HTTP/1.1 +20 OK",
            "HTTP/1.1 200\tOK", "HTTP/1.1 OK", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 200 O\u{7F}K",
        ].map { Self($0.debugDescription, "\($0)\r\nContent-Length: 0\r\n\r\n") }

    private static let framing: [Self] =
        [
            fields("length and coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
            fields("coding and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
            fields("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
            fields("a length twice", "Content-Length: 5\r\ncontent-length: 5\r\n"),
            fields("a coding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            fields("Connection names the length", "Connection: content-length\r\nContent-Length: 5\r\n"),
            fields("Connection names the coding", "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n"),
            Self("coding of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            Self(
                "two lengths in answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                method: "HEAD"),
            Self("both in a 204", "HTTP/1.1 204 N\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Self("both in a 304", "HTTP/1.1 304 N\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Self("both in a 100", "HTTP/1.1 100 C\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ]
        + ["", "+5", "-1", "5, 5", "5,", "5 5", "0x5", "99999999999999999999", "five", "5;", "\u{0B}5"].map {
            fields("length \($0.debugDescription)", "Content-Length: \($0)\r\n")
        }
        + [
            "gzip", "gzip, chunked", "identity", "chunked, chunked", "\"chunked\"", "xchunked", "", "chunked;a",
            "\u{0B}chunked",
        ]
        .map { fields("coding \($0.debugDescription)", "Transfer-Encoding: \($0)\r\n") }

    private static let lines: [Self] = [
        fields("folded by a space", "X-A: b\r\n c\r\nContent-Length: 5\r\n"),
        fields("folded by a tab", "X-A: b\r\n\tc\r\nContent-Length: 5\r\n"),
        fields("first field folded", " X-A: b\r\nContent-Length: 5\r\n"),
        fields("blank before the colon of a length", "Content-Length : 5\r\n"),
        fields("tab before the colon of a coding", "Transfer-Encoding\t: chunked\r\n"),
        fields("no colon", "nothing\r\n"),
        fields("no name", ": 5\r\n"), fields("NUL in a value", "X-A: \0\r\nContent-Length: 5\r\n"),
        fields("NUL in a name", "X-\0A: b\r\nContent-Length: 5\r\n"),
        fields("bare CR in a value", "X-A: a\rb\r\nContent-Length: 5\r\n"),
        fields("bare LF in a field", "X-A: a\nContent-Length: 5\r\n"),
        fields("DEL in a value", "X-A: a\u{7F}\r\nContent-Length: 5\r\n"),
        fields("a head above 32 KiB", "X-A: \(String(repeating: "a", count: 40_000))\r\nContent-Length: 5\r\n"),
        fields("101 fields", String(repeating: "X-A: a\r\n", count: 100) + "Content-Length: 5\r\n"),
    ]

    /// Bodies that break a rule: the caller's ends with its connection, and never looks complete.
    static let cut: [Self] = [
        chunks("no size", "\r\nhello\r\n0\r\n\r\n"), chunks("no number", "zz\r\nhello\r\n0\r\n\r\n"),
        chunks("blank behind a size", "5 \r\nhello\r\n0\r\n\r\n"), chunks("signed size", "+5\r\nhello\r\n0\r\n\r\n"),
        chunks("0x in a size", "0x5\r\nhello\r\n0\r\n\r\n"),
        chunks("size beyond 64 bits", "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n"),
        chunks("bare LF behind a size", "5\nhello\r\n0\r\n\r\n"),
        chunks("more data than the size", "5\r\nhello!\r\n0\r\n\r\n"),
        chunks("no CR LF behind data", "5\r\nhello0\r\n\r\n"), chunks("bare LF behind data", "5\r\nhello\n0\r\n\r\n"),
        chunks("LF in an extension", "5;\nx\r\nhello\r\n0\r\n\r\n"), chunks("bare LF at the end", "0\r\n\n"),
        chunks("folded trailer", "0\r\nX: y\r\n z\r\n\r\n"),
        chunks("blank before a trailer's colon", "0\r\nX : y\r\n\r\n"),
        Self(
            "a length not reached", ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"], expected: .cutShort,
            keeps: false, closes: true),
        Self(
            "chunks without an end", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
            expected: .cutShort, keeps: false, closes: true),
    ]
}
