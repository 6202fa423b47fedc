/// Requests that must be refused, one per rule.
enum RequestRows {
    static let refused: [Row] = framing + lines + hosts + targets + connections

    private static func with(_ lines: String) -> String {
        "POST /a HTTP/1.1\r\nHost: h\r\n\(lines)\r\n"
    }

    private static func host(_ value: String) -> Row {
        Row("Host of [\(value)]", "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n")
    }

    private static func target(_ target: String, method: String = "GET") -> Row {
        Row("\(method) with target [\(target)]", "\(method) \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
    }

    private static let framing = [
        Row("Transfer-Encoding with Content-Length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
        Row("Content-Length with Transfer-Encoding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
        Row("coding gzip, chunked", with("Transfer-Encoding: gzip, chunked\r\n")),
        Row("coding chunked, chunked", with("Transfer-Encoding: chunked, chunked\r\n")),
        Row("coding chunked, identity", with("Transfer-Encoding: chunked, identity\r\n")),
        Row("coding identity", with("Transfer-Encoding: identity\r\n")),
        Row("coding xchunked", with("Transfer-Encoding: xchunked\r\n")),
        Row("coding chunked;q=1", with("Transfer-Encoding: chunked;q=1\r\n")),
        Row("coding behind a vertical tab", with("Transfer-Encoding: \u{0B}chunked\r\n")),
        Row("coding empty", with("Transfer-Encoding:\r\n")),
        Row("coding twice", with("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n")),
        Row("coding on HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Row("length repeated", with("Content-Length: 5\r\nContent-Length: 5\r\n")),
        Row("length repeated with another value", with("Content-Length: 5\r\nContent-Length: 6\r\n")),
        Row("length listed", with("Content-Length: 5, 5\r\n")),
        Row("length signed +", with("Content-Length: +5\r\n")),
        Row("length signed -", with("Content-Length: -5\r\n")),
        Row("length empty", with("Content-Length:\r\n")),
        Row("length of blanks", with("Content-Length:   \r\n")),
        Row("length hexadecimal", with("Content-Length: 0x5\r\n")),
        Row("length with a fraction", with("Content-Length: 5.0\r\n")),
        Row("length with a blank in it", with("Content-Length: 5 5\r\n")),
        Row("length beyond Int", with("Content-Length: 9223372036854775808\r\n")),
        Row("length beyond UInt64", with("Content-Length: 18446744073709551621\r\n")),
        Row("length in other digits", with("Content-Length: ５\r\n")),
    ]

    private static let lines = [
        Row("bare LF behind the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n"),
        Row("bare LF behind a field", "GET / HTTP/1.1\r\nHost: h\n\r\n"),
        Row("bare LF as the end", "GET / HTTP/1.1\r\nHost: h\r\n\n"),
        Row("only bare LF", "GET / HTTP/1.1\nHost: h\n\n"),
        Row("LF in a name", with("A\nB: c\r\n")),
        Row("bare CR in a value", with("A: b\rc\r\n")),
        Row("bare CR behind the request line", "GET / HTTP/1.1\rHost: h\r\n\r\n"),
        Row("CR CR LF", with("A: b\r\r\n")),
        Row("bare CR at the end", "GET / HTTP/1.1\r\nHost: h\r\n\rX"),
        Row("NUL in a value", with("A: b\0c\r\n")),
        Row("NUL in a name", with("A\0: c\r\n")),
        Row("BEL in a value", with("A: 12345678\u{07}\r\n")),
        Row("escape deep in a value", with("A: 0123456789012345678901234567890\u{1B}[0m\r\n")),
        Row("DEL in a value", with("A: 12345678901234567890\u{7F}\r\n")),
        Row("folded by a space", with("A: b\r\n c\r\n")),
        Row("folded by a tab", with("A: b\r\n\tc\r\n")),
        Row("white space before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
        Row("space before the colon", with("A : b\r\n")),
        Row("tab before the colon", with("A\t: b\r\n")),
        Row("space before the colon of a framing field", with("Content-Length : 5\r\n")),
        Row("empty name", with(": b\r\n")),
        Row("name with a blank", with("A B: c\r\n")),
        Row("name with a slash", with("A/B: c\r\n")),
        Row("name with a bracket", with("A(B): c\r\n")),
        Row("name not ASCII", with("Ä: c\r\n")),
        Row("no colon", with("Content-Length\r\n")),
        Row("HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
        Row("HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n"),
        Row("HTTP/0.9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n"),
        Row("HTTP/1.10", "GET / HTTP/1.10\r\nHost: h\r\n\r\n"),
        Row("HTTP/01.1", "GET / HTTP/01.1\r\nHost: h\r\n\r\n"),
        Row("http/1.1", "GET / http/1.1\r\nHost: h\r\n\r\n"),
        Row("no version", "GET /\r\nHost: h\r\n\r\n"),
        Row("blank behind the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
        Row("blanks before the version", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("two blanks behind the method", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("tab behind the method", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("blank before the method", " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("no method", "/ HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("method not a token", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("method of 33 bytes", "\(String(repeating: "M", count: 33)) / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("a bare LF first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("a bare CR first", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("a TLS hello", "\u{16}\u{03}\u{01}\u{02}"),
        Row("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]

    private static let hosts =
        [
            Row("no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n"),
            Row("no field at all", "GET / HTTP/1.1\r\n\r\n"),
            Row("two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"),
            Row("two Hosts in two cases", "GET / HTTP/1.1\r\nHost: h\r\nhOST: g\r\n\r\n"),
            Row("two Hosts on HTTP/1.0", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n"),
            Row("bad Host on HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n"),
            Row("Host other than the target", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n"),
            Row("port of Host other than the target's", "GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n"),
            Row("Host with the port of the other scheme", "GET https://a/ HTTP/1.1\r\nHost: a:80\r\n\r\n"),
            Row("absolute form without Host", "GET http://a/ HTTP/1.1\r\n\r\n"),
        ]
        + [
            "", "a b", "a,b", "a@b", "user:pw@b", "a/b", "a?b", "a#b", "http://a", "a:", ":80", "a:b", "a:80:80",
            "a:99999", "a:0", "a:000080", "a:+80", "a%20b", "[", "[]", "[::1", "::1", "[::1]x", "[::g]",
            "[fe80::1%25eth0]",
            "ä", "a\\b",
        ].map { host($0) }

    private static let targets: [Row] = [
        target("a"), target("*"), target("**", method: "OPTIONS"), target("*", method: "POST"), target("h:80"),
        target("/a#b"), target("/a\u{7F}"), target("/ä"), target("/a\tb"), target("/a\0b"), target("?a=b"),
        target("http://"), target("http:///a"), target("http://u@h/"), target("http://u:p@h/"), target("http://h:x/"),
        target("http:/h/"), target("ftp://h/"), target("//h", method: "CONNECT"), target("h", method: "CONNECT"),
        target("/", method: "CONNECT"), target("http://h:80/", method: "CONNECT"), target("http://?a"),
        target("https://"), target("h:80/a", method: "CONNECT"),
    ]

    private static let connections = [
        Row("Connection lists Host", with("Connection: close, Host\r\n")),
        Row("Connection lists Content-Length", with("Connection: content-length\r\nContent-Length: 5\r\n")),
        Row("Connection lists Transfer-Encoding", with("Connection: Transfer-Encoding\r\n")),
        Row("Connection lists it in a second field", with("Connection: close\r\nConnection: host\r\n")),
        Row("Connection lists two words", with("Connection: keep alive\r\n")),
        Row("Connection lists a quoted string", with("Connection: \"close\"\r\n")),
        Row(
            "Connection lists seventeen fields",
            with("Connection: \((1...17).map { "f\($0)" }.joined(separator: ","))\r\n")),
    ]

    /// Requests that must pass.
    static let accepted = [
        Row("plain", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("empty line first", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("bytes behind the head", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"),
        Row("a pipelined request behind", "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\n"),
        Row("query", "GET /a/b?c=d&e=f?g HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("empty query", "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("odd but visible target", "GET /a{b}|\"<>\\^`[]//../ HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("lower-case names", "GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n"),
        Row("coding in another case", "POST / HTTP/1.1\r\nHost: h\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\n"),
        Row("no white space behind colons", "GET / HTTP/1.1\r\nHost:h\r\nA:b\r\nB:\r\n\r\n"),
        Row("much white space around values", "GET / HTTP/1.1\r\nHost: \t h \t \r\nA:   b c  \r\nC: \t\r\n\r\n"),
        Row("tab in a value", "GET / HTTP/1.1\r\nHost: h\r\nA: b\tc 12345678\tdef\r\n\r\n"),
        Row("obs-text", "GET / HTTP/1.1\r\nHost: h\r\nA: grüße 12345678 ßüöä\r\n\r\n"),
        Row("all token characters", "M!#$%&'*+-.^_`|~9z / HTTP/1.1\r\nHost: h\r\n!#$%&'*+-.^_`|~9z: v\r\n\r\n"),
        Row("method of 32 bytes", "\(String(repeating: "M", count: 32)) / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("absolute form", "GET http://H.example/a?b HTTP/1.1\r\nHost: h.Example\r\n\r\n"),
        Row("absolute form, default port", "GET http://h:80/ HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("absolute form, https", "GET HTTPS://h/ HTTP/1.1\r\nHost: h:443\r\n\r\n"),
        Row("absolute form, no path", "GET http://h HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("absolute form, query without path", "GET http://h?a/b HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("absolute form, IPv6", "GET http://[::1]:8080/ HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n"),
        Row("OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("OPTIONS absolute without path", "OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"),
        Row("TRACE", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Row("HTTP/1.0 without Host", "GET /a HTTP/1.0\r\n\r\n"),
        Row("HTTP/1.0, absolute, without Host", "GET http://h/a HTTP/1.0\r\n\r\n"),
        Row("HTTP/1.0 with a length", "POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 5\r\nExpect: x\r\n\r\n"),
        Row("greatest length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999999999\r\n\r\n"),
        Row("Connection with empty members", "GET / HTTP/1.1\r\nHost: h\r\nConnection: ,, close , ,A,\r\nA: b\r\n\r\n"),
        Row(
            "several Connection fields",
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: a\r\nA: b\r\nConnection: Close\r\n\r\n"),
        Row("WebSocket", "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n"),
    ]
}
