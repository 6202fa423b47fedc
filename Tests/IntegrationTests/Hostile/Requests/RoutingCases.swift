extension Hostile.Request {
    /// Whom the request is for, in what form, and what is refused by size or by method.
    static let routing: [Self] = hosts + targets + sizes

    private static let hosts: [Self] =
        [
            Self("no Host", "GET /hostile HTTP/1.1\r\nX-A: b\r\n\r\n\(Hostile.smuggled)"),
            Self("no Host in absolute form", "GET http://h/hostile HTTP/1.1\r\n\r\n"),
            get("two Hosts", "Host: g\r\n"), get("a Host twice", "host: h\r\n"), get("an empty Host more", "HOST:\r\n"),
            get("Connection names the Host", "Connection: host\r\n"),
            get("Connection lists what is no token", "Connection: a b\r\n"),
            get("Connection in quotes", "Connection: \"close\"\r\n"),
            get("Connection lists 17 names", "Connection: \((1...17).map { "n\($0)" }.joined(separator: ","))\r\n"),
        ]
        + [
            "", "h/x", "u@h", "u:p@h", "h, g", "h g", "h:99999", "h:0", "h:", "h:8x", "h:-1", "h:80:80", ":80", "[::1",
            "::1",
            "[]", "[::1]x", "[::1%25lo]", "h#", "h?", "h\\g", "h%00", "http://h", "*", "h\u{E9}", "h;",
        ].map { Self("Host \($0.debugDescription)", "GET /hostile HTTP/1.1\r\nHost: \($0)\r\n\r\n\(Hostile.smuggled)") }

    private static let targets: [Self] =
        [
            line("another host than Host", "GET http://g/hostile HTTP/1.1"),
            line("another port than Host's", "GET http://h:81/hostile HTTP/1.1"),
            line("another scheme's port than Host's", "GET https://h:80/hostile HTTP/1.1"),
            line("connect to a path", "CONNECT /hostile HTTP/1.1"),
            line("connect without a port", "CONNECT h HTTP/1.1"),
            line("CONNECT", "CONNECT h:443 HTTP/1.1", status: 405),
            line("TRACE", "TRACE /hostile HTTP/1.1", status: 405),
        ]
        + [
            "http://u@h/hostile", "http:///hostile", "http://", "http:/h/hostile", "http:h", "ftp://h/hostile", "//",
            "hostile", "*", "*/hostile", "h:80", "?hostile", "http://h\\@g/hostile", "http://h:x/hostile", "\\hostile",
            "/hostile#x", "/hos tile", "/host\u{E4}", "http://h%2f/", "file:///etc/passwd", "http://[::1/", "..",
        ].filter { $0 != "//" }.map { line("target \($0.debugDescription)", "GET \($0) HTTP/1.1") }

    private static func line(_ name: String, _ line: String, status: Int) -> Self {
        Self(name, "\(line)\r\nHost: h\r\nConnection: close\r\n\r\n", status: status)
    }

    private static func long(_ count: Int) -> String { String(repeating: "a", count: count) }

    private static let sizes: [Self] = [
        Self("a value above 32 KiB", "GET /hostile HTTP/1.1\r\nHost: h\r\nX-A: \(long(33_000))\r\n\r\n", status: 431),
        Self("a name above 32 KiB", "GET /hostile HTTP/1.1\r\nHost: h\r\n\(long(33_000)): b\r\n\r\n", status: 431),
        Self("a target above 32 KiB", "GET /\(long(33_000)) HTTP/1.1\r\nHost: h\r\n\r\n", status: 431),
        Self("a query above 32 KiB", "GET /?\(long(33_000)) HTTP/1.1\r\nHost: h\r\n\r\n", status: 431),
        Self(
            "many fields above 32 KiB",
            "GET /hostile HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X-A: \(long(400))\r\n", count: 90) + "\r\n",
            status: 431),
        Self(
            "101 fields", "GET /hostile HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X-A: a\r\n", count: 100) + "\r\n",
            status: 431),
        Self(
            "a head that goes on without end", "GET /hostile HTTP/1.1\r\nHost: h\r\nX-A: \(long(40_000))", status: 431),
    ]
}
