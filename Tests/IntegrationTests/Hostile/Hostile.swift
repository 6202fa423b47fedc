import Testing

/// Input made to be read in two ways, over real sockets, with an origin and a caller that record every byte: what goes
/// on is what was accepted, however laxly it is read, and what was refused is never seen.
@Suite("Hostile input", .serialized)
enum Hostile {
    /// What a server that was deceived would take for a request of its own.
    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    /// Something a caller sends.
    struct Request: Sendable {
        enum Expected: Sendable, Equatable {
            /// This status, the connection closes, and the origin sees nothing complete.
            case refused(Int)
            /// The origin sees exactly this head, `{host}` being its authority, and this body.
            case accepted(head: String, body: String)
        }

        let name: String
        /// Sent one after the other.
        let segments: [String]
        let expected: Expected
        /// Whether its head has gone to the origin before it is refused.
        private(set) var reachesOrigin = false

        /// One that is refused.
        init(_ name: String, _ segments: String..., status: Int = 400) {
            self.name = name
            self.segments = segments
            expected = .refused(status)
        }

        /// One that is passed on as `head`, its CR LF written as line breaks and the empty line left out.
        init(_ name: String, _ segments: [String], sees head: String, body: String = "") {
            self.name = name
            self.segments = segments
            expected = .accepted(
                head: head.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
                    + "\r\n\r\n",
                body: body)
        }

        /// A GET with these lines, which is refused.
        static func get(_ name: String, _ lines: String) -> Request {
            Request(name, "GET /hostile HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\(smuggled)")
        }

        /// A POST with these lines and a body that hides a request, which is refused.
        static func post(_ name: String, _ lines: String, version: String = "1.1") -> Request {
            Request(name, "POST /hostile HTTP/\(version)\r\nHost: h\r\n\(lines)\r\n0\r\n\r\n\(smuggled)")
        }

        /// A GET with this request line, which is refused.
        static func line(_ name: String, _ line: String) -> Request {
            Request(name, "\(line)\r\nHost: h\r\n\r\n\(smuggled)")
        }

        /// A chunked POST with this body, which is refused.
        static func chunks(_ name: String, _ body: String, status: Int = 400) -> Request {
            var request = Request(
                name, "POST /hostile HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "\(body)\(smuggled)",
                status: status)
            request.reachesOrigin = true
            return request
        }
    }

    /// Something an origin sends, to a GET unless it says otherwise.
    struct Response: Sendable {
        enum Expected: Sendable, Equatable {
            /// The caller gets a 502 `upstream_invalid`.
            case invalid
            /// The caller gets exactly this head, the lines of Weir and its framing apart, and this body.
            case passes(head: String, body: String)
            /// The caller gets a head, and never the end of a body.
            case cutShort
        }

        let name: String
        let method: String
        let segments: [String]
        let expected: Expected
        /// Whether the origin's connection may carry another request.
        let keeps: Bool
        /// Whether the origin closes behind it: its end is part of the message.
        let closes: Bool

        /// One that is refused.
        init(_ name: String, _ segments: String..., method: String = "GET") {
            self.init(name, segments, method: method, expected: .invalid, keeps: false)
        }

        init(
            _ name: String, _ segments: [String], method: String = "GET", expected: Expected, keeps: Bool,
            closes: Bool = false
        ) {
            self.name = name
            self.method = method
            self.segments = segments
            self.expected = expected
            self.keeps = keeps
            self.closes = closes
        }

        /// A 200 with these lines and five bytes behind them, which is refused.
        static func fields(_ name: String, _ lines: String) -> Response {
            Response(name, "HTTP/1.1 200 OK\r\n\(lines)\r\nhello")
        }

        /// A chunked 200 with this body, which is cut short.
        static func chunks(_ name: String, _ body: String) -> Response {
            Response(
                name, ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(body)HTTP/1.1 200 OK\r\n\r\n"],
                expected: .cutShort, keeps: false)
        }
    }
}
