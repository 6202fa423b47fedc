extension Hostile.Request {
    /// Line ends, control characters, and the form of request lines and fields.
    static let lines: [Self] = lineEnds + starts + names + controls

    private static let lineEnds: [Self] = [
        Self("bare LF throughout", "GET /hostile HTTP/1.1\nHost: h\n\n"),
        Self("bare LF behind the start", "GET /hostile HTTP/1.1\nHost: h\r\n\r\n"),
        Self("bare LF behind a field", "GET /hostile HTTP/1.1\r\nHost: h\n\r\n"),
        Self("bare LF at the end", "GET /hostile HTTP/1.1\r\nHost: h\r\n\n\(Hostile.smuggled)"),
        Self("bare CR behind the start", "GET /hostile HTTP/1.1\rHost: h\r\n\r\n"),
        Self("bare CR at the end", "GET /hostile HTTP/1.1\r\nHost: h\r\n\rX"),
        Self("CR CR LF behind the start", "GET /hostile HTTP/1.1\r\r\nHost: h\r\n\r\n"),
        Self("LF CR behind the start", "GET /hostile HTTP/1.1\n\rHost: h\n\r\n\r"),
        Self("two empty lines first", "\r\n\r\nGET /hostile HTTP/1.1\r\nHost: h\r\n\r\n"),
        Self("a bare LF first", "\nGET /hostile HTTP/1.1\r\nHost: h\r\n\r\n"),
        Self("a bare CR first", "\rGET /hostile HTTP/1.1\r\nHost: h\r\n\r\n"),
        Self("an empty line in two segments, then another", "\r", "\n\r", "\nGET /hostile HTTP/1.1\r\n"),
        get("folded by a space", "X-A: b\r\n c\r\n"), get("folded by a tab", "X-A: b\r\n\tc\r\n"),
        get("folded into nothing", "X-A: b\r\n \r\n"), get("folded Host", "X-A: b\r\n Host: g\r\n"),
        Self("first field folded", "GET /hostile HTTP/1.1\r\n Host: h\r\n\r\n"),
        Self("a segmented bare LF", "GET /hostile HTTP/1.1\r\nHost: h", "\n", "\r\n"),
        Self("a segmented fold", "GET /hostile HTTP/1.1\r\nHost: h\r\n", " ", "x: y\r\n\r\n"),
    ]

    private static let starts: [Self] = [
        line("HTTP/0.9", "GET /hostile HTTP/0.9"), line("HTTP/1.2", "GET /hostile HTTP/1.2"),
        line("HTTP/2.0", "GET /hostile HTTP/2.0"), line("HTTP/2", "GET /hostile HTTP/2"),
        line("HTTP/1.10", "GET /hostile HTTP/1.10"), line("HTTP/01.1", "GET /hostile HTTP/01.1"),
        line("HTTP/1,1", "GET /hostile HTTP/1,1"), line("HTTP/1.", "GET /hostile HTTP/1."),
        line("HTTP 1.1", "GET /hostile HTTP 1.1"), line("HTTPS/1.1", "GET /hostile HTTPS/1.1"),
        line("ICE/1.0", "SOURCE /hostile ICE/1.0"), line("RTSP/1.0", "OPTIONS /hostile RTSP/1.0"),
        line("version in lower case", "GET /hostile http/1.1"), line("no version", "GET /hostile"),
        line("a blank for a version", "GET /hostile "), line("blank behind the version", "GET /hostile HTTP/1.1 "),
        line("two versions", "GET /hostile HTTP/1.1 HTTP/1.1"), line("two blanks", "GET  /hostile HTTP/1.1"),
        line("two blanks before the version", "GET /hostile  HTTP/1.1"),
        line("tab in the start", "GET\t/hostile HTTP/1.1"),
        line("tab before the version", "GET /hostile\tHTTP/1.1"), line("only a method", "GET"),
        line("blank before the method", " GET /hostile HTTP/1.1"), line("no method", "/hostile HTTP/1.1"),
        line("method that is no token", "G(T /hostile HTTP/1.1"), line("method with a colon", "GET: /hostile HTTP/1.1"),
        line("method of 33 bytes", "\(String(repeating: "A", count: 33)) /hostile HTTP/1.1"),
        line("method beyond ASCII", "G\u{CA}T /hostile HTTP/1.1"),
        Self("bytes of TLS", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0"), Self("SSH", "SSH-2.0-OpenSSH_9.2\r\n"),
        Self("preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Self("a response", "HTTP/1.1 200 OK\r\n\r\n"),
        Self("PROXY protocol", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nGET /hostile HTTP/1.1\r\nHost: h\r\n\r\n"),
    ]

    private static let names: [Self] =
        [
            get("no colon", "nothing\r\n"), get("empty name", ": b\r\n"), get("blank before a colon", "X-A : b\r\n"),
            get("only a colon", ":\r\n"),
        ]
        + [" ", "\t", "\"", "(", ")", ",", "/", ";", "<", "=", ">", "?", "@", "[", "\\", "]", "{", "}", "\u{E4}"].map {
            get("\($0.debugDescription) in a name", "X\($0)A: b\r\n")
        }

    /// Every control character in a value, a name and a target; and what else a target must not hold.
    private static let controls: [Self] =
        (Array(0x00...0x1F) + [0x7F]).filter { ![0x09, 0x0A, 0x0D].contains($0) }.flatMap { code -> [Self] in
            let character = Character(Unicode.Scalar(UInt8(code)))
            return [
                get("control \(code) in a value", "X-A: b\(character)c\r\n"),
                get("control \(code) in a name", "X\(character)A: b\r\n"),
                line("control \(code) in the target", "GET /hostile\(character) HTTP/1.1"),
            ]
        }
}
