extension Hostile.Request {
    /// What passes, and as what: framing, Host, hop-by-hop fields and upgrades are always Weir's own words.
    static let accepted: [Self] = bodies + fields + forms

    private static func sent(_ method: String, _ lines: String, _ body: String = "") -> [String] {
        ["\(method) /a HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\(body)"]
    }

    private static func sent(_ lines: String) -> [String] { sent("GET", lines) }

    private static let getHead = "GET /a HTTP/1.1\nHost: {host}"
    private static let postHead = "POST /a HTTP/1.1\nHost: {host}"

    private static let bodies: [Self] = [
        Self(
            "a body that looks like a request",
            sent("POST", "Content-Length: 37\r\n", "GET /smuggled HTTP/1.1\r\nHost: hh\r\n\r\n0"),
            sees: "\(postHead)\nContent-Length: 37", body: "GET /smuggled HTTP/1.1\r\nHost: hh\r\n\r\n0"),
        Self(
            "a GET with a body (CL.0)", sent("GET", "Content-Length: 5\r\n", "hello"),
            sees: "\(getHead)\nContent-Length: 5", body: "hello"),
        Self(
            "an OPTIONS with a body", sent("OPTIONS", "Content-Length: 5\r\n", "hello"),
            sees: "OPTIONS /a HTTP/1.1\nHost: {host}\nContent-Length: 5", body: "hello"),
        Self(
            "zeros before a length", sent("POST", "Content-Length: 0005\r\n", "hello"),
            sees: "\(postHead)\nContent-Length: 5", body: "hello"),
        Self(
            "blanks around a length", sent("POST", "Content-Length: \t 5 \t\r\n", "hello"),
            sees: "\(postHead)\nContent-Length: 5", body: "hello"),
        Self(
            "a length in odd letter case", sent("POST", "cOnTeNt-LeNgTh:5\r\n", "hello"),
            sees: "\(postHead)\nContent-Length: 5", body: "hello"),
        Self("a length of 0", sent("POST", "Content-Length: 0\r\n"), sees: "\(postHead)\nContent-Length: 0"),
        Self("a POST without framing", sent("POST", ""), sees: postHead),
        Self(
            "a coding in odd letter case", sent("POST", "tRANSFER-eNCODING:CHUNKED\t\r\n", "5\r\nhello\r\n0\r\n\r\n"),
            sees: "\(postHead)\nTransfer-Encoding: chunked", body: "hello"),
        Self(
            "extensions and trailers go",
            sent(
                "POST", "Trailer: X\r\nTransfer-Encoding: chunked\r\n",
                "5;a=\"\u{E4}\"\r\nhello\r\n0;x\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n\r\n"),
            sees: "\(postHead)\nTransfer-Encoding: chunked", body: "hello"),
        Self(
            "zeros before a size", sent("POST", "Transfer-Encoding: chunked\r\n", "0005\r\nhello\r\n000\r\n\r\n"),
            sees: "\(postHead)\nTransfer-Encoding: chunked", body: "hello"),
        Self(
            "a chunk that looks like the end",
            sent("POST", "Transfer-Encoding: chunked\r\n", "5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
            sees: "\(postHead)\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
        Self(
            "an empty chunked body", sent("POST", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            sees: "\(postHead)\nTransfer-Encoding: chunked"),
        Self(
            "a chunked body byte by byte",
            [
                "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "5", "\r", "\n", "he", "llo", "\r",
                "\n0", "\r\n", "\r", "\n",
            ],
            sees: "\(postHead)\nTransfer-Encoding: chunked", body: "hello"),
        Self("a head cut within CR LF", ["GET /a HTTP/1.1\r", "\nHost: h\r", "\n\r", "\n"], sees: getHead),
        Self("an empty line first", ["\r", "\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n"], sees: getHead),
    ]

    private static let fields: [Self] = [
        Self(
            "blanks around values are normal", sent("X-A:b\r\nX-B: \t c d \t\r\nX-C:\r\n"),
            sees: "\(getHead)\nX-A: b\nX-B: c d\nX-C: "),
        Self(
            "fields that HTTP does not know", sent("X-Transfer-Encoding: chunked\r\nXContent-Length: 5\r\n"),
            sees: "\(getHead)\nX-Transfer-Encoding: chunked\nXContent-Length: 5"),
        Self(
            "hop-by-hop fields go",
            sent(
                "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: x\r\nX-A: b\r\n"
            ),
            sees: "\(getHead)\nX-A: b"),
        Self(
            "Connection that names what is not there", sent("Connection: X-None,,\t,x-also\r\nX-A: b\r\n"),
            sees: "\(getHead)\nX-A: b"),
        Self(
            "Connection that names a field twice sent", sent("X-Hop: 1\r\nConnection: x-HOP\r\nx-hop: 2\r\n"),
            sees: getHead),
        Self(
            "Weir's own fields go", sent("Weir-Priority: high\r\nWEIR-Unknown: x\r\nWeir-Key: k\r\nX-A: b\r\n"),
            sees: "\(getHead)\nX-A: b"),
        Self(
            "an upgrade to h2c goes",
            sent("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"),
            sees: getHead),
        Self("an upgrade to several goes", sent("Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n"), sees: getHead),
        Self("an upgrade without Connection goes", sent("Upgrade: websocket\r\n"), sees: getHead),
        Self(
            "an upgrade of a POST goes",
            sent("POST", "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", "hello"),
            sees: "\(postHead)\nContent-Length: 5", body: "hello"),
        Self("bytes beyond ASCII pass", sent("X-A: \u{E9}\u{FFFD}\r\n"), sees: "\(getHead)\nX-A: \u{E9}\u{FFFD}"),
        Self(
            "every character of a token in a name", sent("!#$%&'*+-.^_`|~: b\r\n"),
            sees: "\(getHead)\n!#$%&'*+-.^_`|~: b"),
        Self("a tab within a value", sent("X-A: b\tc\r\n"), sees: "\(getHead)\nX-A: b\tc"),
        Self(
            "a value that looks like a field", sent("X-A: Transfer-Encoding: chunked\r\n"),
            sees: "\(getHead)\nX-A: Transfer-Encoding: chunked"),
        Self(
            "forwarding fields pass, none is added", sent("X-Forwarded-For: 1\r\nForwarded: for=2\r\nVia: 1.0 x\r\n"),
            sees: "\(getHead)\nX-Forwarded-For: 1\nForwarded: for=2\nVia: 1.0 x"),
        Self(
            "other hosts by other names pass", sent("X-Forwarded-Host: g\r\nX-Host: g\r\n"),
            sees: "\(getHead)\nX-Forwarded-Host: g\nX-Host: g"),
    ]

    private static let forms: [Self] = [
        Self(
            "absolute form", ["GET http://H:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n"],
            sees: "GET /a?b HTTP/1.1\nHost: {host}"),
        Self(
            "absolute form without a path", ["GET http://h?b HTTP/1.1\r\nHost: h\r\n\r\n"],
            sees: "GET /?b HTTP/1.1\nHost: {host}"),
        Self("absolute form in capitals", ["GET HTTPS://h/a HTTP/1.1\r\nHost: h:443\r\n\r\n"], sees: getHead),
        Self(
            "OPTIONS in absolute form", ["OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n"],
            sees: "OPTIONS * HTTP/1.1\nHost: {host}"),
        Self("OPTIONS *", ["OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"], sees: "OPTIONS * HTTP/1.1\nHost: {host}"),
        Self("a Host that is last", ["GET /a HTTP/1.1\r\nX-A: b\r\nhost:h\r\n\r\n"], sees: "\(getHead)\nX-A: b"),
        Self("a Host with a port", ["GET /a HTTP/1.1\r\nHost: [::1]:81\r\n\r\n"], sees: getHead),
        Self("a method in lower case", ["get /a HTTP/1.1\r\nHost: h\r\n\r\n"], sees: "get /a HTTP/1.1\nHost: {host}"),
        Self(
            "a method that nobody knows", ["M-SEARCH /a HTTP/1.1\r\nHost: h\r\n\r\n"],
            sees: "M-SEARCH /a HTTP/1.1\nHost: {host}"),
        Self(
            "escapes and dots stay as they are", ["GET /a/%2e%2e/../%00%0d%0a?x=%26 HTTP/1.1\r\nHost: h\r\n\r\n"],
            sees: "GET /a/%2e%2e/../%00%0d%0a?x=%26 HTTP/1.1\nHost: {host}"),
        Self(
            "odd characters of a target", ["GET //a;b=c|d{e}[f]\\^`\"<>?? HTTP/1.1\r\nHost: h\r\n\r\n"],
            sees: "GET //a;b=c|d{e}[f]\\^`\"<>?? HTTP/1.1\nHost: {host}"),
        Self(
            "HTTP/1.0 becomes ours", ["GET /a HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n"],
            sees: getHead),
    ]
}
