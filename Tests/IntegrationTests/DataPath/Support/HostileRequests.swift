extension DataPath {
    /// Requests that must not be understood, since another server might understand something else.
    struct HostileRequest: Sendable {
        let name: String
        let bytes: String
        var status = 400

        init(_ name: String, _ bytes: String, status: Int = 400) {
            self.name = name
            self.bytes = bytes
            self.status = status
        }

        /// What a server that was deceived would take for a request of its own.
        private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

        /// A POST with these lines and a body that hides a request.
        private static func post(_ name: String, _ lines: String, version: String = "1.1") -> HostileRequest {
            HostileRequest(name, "POST /hostile HTTP/\(version)\r\nHost: h\r\n\(lines)\r\n0\r\n\r\n\(smuggled)")
        }

        /// A GET with these lines.
        private static func get(_ name: String, _ lines: String) -> HostileRequest {
            HostileRequest(name, "GET /hostile HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\(smuggled)")
        }

        /// A GET with this request line.
        private static func line(_ name: String, _ line: String) -> HostileRequest {
            HostileRequest(name, "\(line)\r\nHost: h\r\n\r\n\(smuggled)")
        }

        static let all = framing + lines + routing + sizes

        private static let framing: [HostileRequest] = [
            post("length and coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
            post("coding and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
            post("unknown coding", "Transfer-Encoding: gzip\r\n"),
            post("two codings", "Transfer-Encoding: gzip, chunked\r\n"),
            post("chunked before another", "Transfer-Encoding: chunked, identity\r\n"),
            post("coding in two fields", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
            post("coding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            post("empty coding", "Transfer-Encoding: \r\n"),
            post("quoted coding", "Transfer-Encoding: \"chunked\"\r\n"),
            post("coding with a parameter", "Transfer-Encoding: chunked;q=1\r\n"),
            post("coding with a vertical tab", "Transfer-Encoding: \u{0B}chunked\r\n"),
            post("almost chunked", "Transfer-Encoding: xchunked\r\n"),
            post("coding of HTTP/1.0", "Transfer-Encoding: chunked\r\n", version: "1.0"),
            post("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
            post("a length twice", "Content-Length: 5\r\nContent-Length: 5\r\n"),
            post("a list of lengths", "Content-Length: 5, 5\r\n"), post("signed length", "Content-Length: +5\r\n"),
            post("negative length", "Content-Length: -5\r\n"), post("empty length", "Content-Length: \r\n"),
            post("hexadecimal length", "Content-Length: 0x5\r\n"), post("blank in a length", "Content-Length: 5 5\r\n"),
            post("length beyond 64 bits", "Content-Length: 18446744073709551621\r\n"),
            post("length in other digits", "Content-Length: ５\r\n"),
            post("blank before the colon of a length", "Content-Length : 5\r\n"),
            post("tab before the colon of a coding", "Transfer-Encoding\t: chunked\r\n"),
            post("folded coding", "Transfer-Encoding:\r\n chunked\r\n"),
            post("Connection names the length", "Content-Length: 5\r\nConnection: Content-Length\r\n"),
            post("Connection names the coding", "Transfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n"),
        ]

        private static let lines: [HostileRequest] = [
            HostileRequest("bare LF throughout", "GET /hostile HTTP/1.1\nHost: h\n\n"),
            HostileRequest("bare LF behind a field", "GET /hostile HTTP/1.1\r\nHost: h\n\r\n"),
            HostileRequest("bare LF at the end", "GET /hostile HTTP/1.1\r\nHost: h\r\n\n\(smuggled)"),
            HostileRequest("bare CR behind the start", "GET /hostile HTTP/1.1\rHost: h\r\n\r\n"),
            get("bare CR in a value", "X-A: b\rTransfer-Encoding: chunked\r\n"), get("NUL in a value", "X-A: b\0c\r\n"),
            get("NUL in a name", "X-\0A: b\r\n"), get("control character in a value", "X-A: b\u{01}c\r\n"),
            get("DEL in a value", "X-A: b\u{7F}c\r\n"), get("folding by a space", "X-A: b\r\n c\r\n"),
            get("folding by a tab", "X-A: b\r\n\tc\r\n"), get("blank before a colon", "X-A : b\r\n"),
            get("empty name", ": b\r\n"), get("no colon", "nothing\r\n"), get("blank in a name", "X A: b\r\n"),
            get("slash in a name", "X/A: b\r\n"), get("name beyond ASCII", "Ä: b\r\n"),
            HostileRequest("blank before the first field", "GET /hostile HTTP/1.1\r\n Host: h\r\n\r\n"),
            line("HTTP/0.9", "GET /hostile HTTP/0.9"), line("HTTP/1.2", "GET /hostile HTTP/1.2"),
            line("HTTP/2.0", "GET /hostile HTTP/2.0"), line("HTTP/1.10", "GET /hostile HTTP/1.10"),
            line("version in lower case", "GET /hostile http/1.1"), line("no version", "GET /hostile"),
            line("blank behind the version", "GET /hostile HTTP/1.1 "), line("two blanks", "GET  /hostile HTTP/1.1"),
            line("tab in the start", "GET\t/hostile HTTP/1.1"),
            line("blank before the method", " GET /hostile HTTP/1.1"),
            line("blank in the target", "GET /hostile /x HTTP/1.1"),
            line("method that is no token", "G(T /hostile HTTP/1.1"),
            line("control character in the target", "GET /hostile\u{01} HTTP/1.1"),
            line("target beyond ASCII", "GET /hostile/ä HTTP/1.1"),
            line("fragment in the target", "GET /hostile#x HTTP/1.1"),
            HostileRequest("empty lines first", "\r\n\r\n\r\nGET /hostile HTTP/1.1\r\nHost: h\r\n\r\n"),
            HostileRequest("bytes of TLS", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0"),
            HostileRequest("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ]

        private static let routing: [HostileRequest] = [
            HostileRequest("no Host", "GET /hostile HTTP/1.1\r\nX-A: b\r\n\r\n\(smuggled)"),
            HostileRequest("no Host in absolute form", "GET http://h/hostile HTTP/1.1\r\n\r\n"),
            get("two Hosts", "Host: g\r\n"), get("a Host twice", "host: h\r\n"),
            HostileRequest("empty Host", "GET /hostile HTTP/1.1\r\nHost: \r\n\r\n"),
            HostileRequest("Host with a path", "GET /hostile HTTP/1.1\r\nHost: h/x\r\n\r\n"),
            HostileRequest("Host with a user", "GET /hostile HTTP/1.1\r\nHost: u@h\r\n\r\n"),
            HostileRequest("list of Hosts", "GET /hostile HTTP/1.1\r\nHost: h, g\r\n\r\n"),
            HostileRequest("Host with a bad port", "GET /hostile HTTP/1.1\r\nHost: h:99999\r\n\r\n"),
            line("Host other than the target's", "GET http://g/hostile HTTP/1.1"),
            line("port other than the target's", "GET http://h:81/hostile HTTP/1.1"),
            line("target with a user", "GET http://u@h/hostile HTTP/1.1"),
            line("target without a host", "GET http:///hostile HTTP/1.1"),
            line("target of another scheme", "GET ftp://h/hostile HTTP/1.1"),
            line("target that is no path", "GET hostile HTTP/1.1"), line("asterisk without OPTIONS", "GET * HTTP/1.1"),
            get("Connection names the Host", "Connection: host\r\n"),
        ]

        private static let sizes: [HostileRequest] = [
            HostileRequest(
                "head above 32 KiB",
                "GET /hostile HTTP/1.1\r\nHost: h\r\nX-A: \(String(repeating: "a", count: 33_000))\r\n\r\n", status: 431
            ),
            HostileRequest(
                "target above 32 KiB",
                "GET /hostile\(String(repeating: "a", count: 33_000)) HTTP/1.1\r\nHost: h\r\n\r\n",
                status: 431),
            HostileRequest(
                "head above 32 KiB in many fields",
                "GET /hostile HTTP/1.1\r\nHost: h\r\n"
                    + String(repeating: "X-A: \(String(repeating: "a", count: 400))\r\n", count: 90) + "\r\n",
                status: 431),
            HostileRequest(
                "101 fields",
                "GET /hostile HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X-A: a\r\n", count: 100) + "\r\n",
                status: 431),
        ]
    }
}
