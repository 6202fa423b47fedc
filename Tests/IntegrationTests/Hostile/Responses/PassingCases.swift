extension Hostile.Response {
    private static func passing(
        _ name: String, method: String = "GET", _ segments: String..., sees head: String = "HTTP/1.1 200 OK",
        body: String = "", keeps: Bool = true, closes: Bool = false
    ) -> Self {
        Self(
            name, segments, method: method,
            expected: .passes(head: head.split(separator: "\n").joined(separator: "\r\n"), body: body), keeps: keeps,
            closes: closes)
    }

    private static let second = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned"

    /// What passes, and as what; and whether the connection is to be trusted further.
    static let passing: [Self] = [
        passing("a counted body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        passing("zeros before a length", "HTTP/1.1 200 OK\r\ncontent-length:005\r\n\r\nhello", body: "hello"),
        passing(
            "a chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5;x\r\nhel",
            "lo\r\n0\r\nX: y\r\n\r\n", body: "hello"),
        passing(
            "a body that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nhello", body: "hello", keeps: false,
            closes: true),
        passing("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", body: "hello", keeps: false),
        passing(
            "HTTP/1.0 that would stay", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
            body: "hello",
            keeps: false),
        passing("no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", sees: "HTTP/1.1 200 "),
        passing(
            "a reason beyond ASCII", "HTTP/1.1 299 \u{C7}a va\r\nContent-Length: 0\r\n\r\n",
            sees: "HTTP/1.1 299 \u{C7}a va"),
        passing(
            "a head cut everywhere", "HTTP/1", ".1 2", "00 O", "K\r", "\nContent-Len", "gth: 5\r\n\r", "\nhel", "lo",
            body: "hello"),
        passing(
            "a second answer behind a counted body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\(second)",
            body: "hello",
            keeps: false),
        passing(
            "a second answer behind a chunked body",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n\(second)",
            body: "hello", keeps: false),
        passing(
            "an empty line behind a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\r\n", body: "hello",
            keeps: false),
        passing("a body behind a 204", "HTTP/1.1 204 N\r\n\r\n\(second)", sees: "HTTP/1.1 204 N", keeps: false),
        passing(
            "a length in a 204", "HTTP/1.1 204 N\r\nContent-Length: 5\r\n\r\n", sees: "HTTP/1.1 204 N", keeps: false),
        passing(
            "chunks in a 204", "HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n", sees: "HTTP/1.1 204 N",
            keeps: false),
        passing("a length of 0 in a 204", "HTTP/1.1 204 N\r\nContent-Length: 0\r\n\r\n", sees: "HTTP/1.1 204 N"),
        passing(
            "a length in a 304", "HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n",
            sees: "HTTP/1.1 304 N\nContent-Length: 5"),
        passing(
            "a body behind a 304", "HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\nhello",
            sees: "HTTP/1.1 304 N\nContent-Length: 5",
            keeps: false),
        passing(
            "a length in answer to HEAD", method: "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            sees: "HTTP/1.1 200 OK\nContent-Length: 5"),
        passing(
            "a body in answer to HEAD", method: "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            sees: "HTTP/1.1 200 OK\nContent-Length: 5", keeps: false),
        passing("chunks in answer to HEAD", method: "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        passing(
            "an answer that closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
            body: "hello", keeps: false),
        passing(
            "a Connection that is no list", "HTTP/1.1 200 OK\r\nConnection: a b\r\nContent-Length: 5\r\n\r\nhello",
            body: "hello",
            keeps: false),
        passing(
            "hop-by-hop fields go",
            "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: x\r\nTrailer: X\r\nUpgrade: h2\r\n"
                + "X-A: b\r\nContent-Length: 0\r\n\r\n", sees: "HTTP/1.1 200 OK\nX-A: b"),
        passing(
            "the origin's own Weir fields go",
            "HTTP/1.1 200 OK\r\nWeir-Reason: circuit_open\r\nweir-endpoint: x\r\nWeir-Attempts: 9\r\nContent-Length: 0\r\n\r\n"
        ),
        passing(
            "an underscored length goes", "HTTP/1.1 200 OK\r\nContent_Length: 9\r\nContent-Length: 5\r\n\r\nhello",
            body: "hello"),
        passing(
            "an underscored coding goes",
            "HTTP/1.1 200 OK\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
        passing(
            "fields that HTTP does not know",
            "HTTP/1.1 200 OK\r\nX-Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
            sees: "HTTP/1.1 200 OK\nX-Transfer-Encoding: chunked"),
        passing(
            "blanks around values are normal",
            "HTTP/1.1 200 OK\r\nX-A:b\r\nX-B: \t c \t\r\nContent-Length:\t0 \r\n\r\n",
            sees: "HTTP/1.1 200 OK\nX-A: b\nX-B: c"),
        passing(
            "a body that looks like an answer",
            "HTTP/1.1 200 OK\r\nContent-Length: \(second.utf8.count)\r\n\r\n\(second)", body: second),
    ]
}
