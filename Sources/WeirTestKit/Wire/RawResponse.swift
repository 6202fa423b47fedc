import NIOCore

/// A response as it came.
package struct RawResponse: Sendable, Equatable, CustomStringConvertible {
    /// Such as `HTTP/1.1 200 OK`.
    package let startLine: String
    /// The status code.
    package let status: Int
    /// The header lines, as on the wire.
    package let headers: HeaderLines
    /// The body, without chunk framing.
    package internal(set) var body: [UInt8] = []
    /// The trailer lines of a chunked body.
    package internal(set) var trailers = HeaderLines()
    /// The interim (1xx) responses before it, 101 apart.
    package internal(set) var interim: [RawResponse] = []

    init(_ head: MessageScanner.Head) throws {
        let words = head.startLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
            throw MessageScanner.Malformed(description: "a status line of \"\(head.startLine)\"")
        }
        startLine = head.startLine
        self.status = status
        headers = head.headers
    }

    /// The value of the first field of this name, in any case.
    package subscript(name: String) -> String? { headers[name] }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The head as it came and the start of the body.
    package var description: String {
        ([startLine] + headers.lines).joined(separator: " | ") + " || " + text.prefix(500)
    }
}
