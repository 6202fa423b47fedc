/// A request as a scripted upstream received it.
package struct RecordedRequest: Sendable, Equatable, CustomStringConvertible {
    /// Its place among all requests of the upstream, from 0.
    package let index: Int
    /// The connection that it came on, from 0 in the order of acceptance.
    package let connection: Int
    /// Its place among the requests of its connection, from 0.
    package let indexOnConnection: Int
    /// Such as `GET /path HTTP/1.1`.
    package let startLine: String
    /// The method.
    package let method: String
    /// The request target.
    package let target: String
    /// The header lines, as on the wire.
    package let headers: HeaderLines
    /// When the end of its head was read: nanoseconds of the monotonic clock.
    package let arrival: UInt64
    /// The body without chunk framing; no more than the first `ScriptedUpstream.keptBytes` are kept.
    package internal(set) var body: [UInt8] = []
    /// How long the body is, kept or not.
    package internal(set) var bodyLength = 0
    /// The trailer lines of a chunked body.
    package internal(set) var trailers = HeaderLines()
    /// Whether its end has been read.
    package internal(set) var isComplete = false

    init(index: Int, connection: Int, indexOnConnection: Int, head: MessageScanner.Head, arrival: UInt64) {
        let words = head.startLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        self.index = index
        self.connection = connection
        self.indexOnConnection = indexOnConnection
        startLine = head.startLine
        method = String(words.first ?? "")
        target = words.count > 1 ? String(words[1]) : ""
        headers = head.headers
        self.arrival = arrival
    }

    /// The value of the first header field of this name, in any case.
    package subscript(name: String) -> String? { headers[name] }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The start line, with the connection and the length of the body.
    package var description: String {
        "#\(index) on connection \(connection): \(startLine) (\(bodyLength) body bytes\(isComplete ? "" : ", not ended"))"
    }
}
