package import NIOCore

/// Cuts a stream of bytes into HTTP/1.1 messages, believing what it reads: it is for seeing what was sent, and
/// checks no more than it needs to find the ends.
package struct MessageScanner: Sendable {
    /// A start line and the header lines below it.
    package struct Head: Sendable, Equatable {
        package let startLine: String
        package let headers: HeaderLines
    }

    /// How a body ends.
    package enum Framing: Sendable, Equatable {
        case none
        case counted(Int)
        case chunked
        case untilClose
    }

    /// What was found.
    package enum Event: Sendable, Equatable {
        /// A head. The scanner goes on when it has been told with `expectBody(_:)` what follows.
        case head(Head)
        /// A part of a body, without chunk framing.
        case body(ByteBuffer)
        /// The end of the message, with the trailer lines of a chunked body.
        case end(trailers: HeaderLines)
    }

    /// Bytes that are no HTTP/1.1 message.
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    private enum State {
        case head
        case undecided
        case counted(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case untilClose
    }

    private var state = State.head
    private var lines: [String] = []

    /// A scanner at the start of a message.
    package init() {}

    /// Whether it stands between two messages, with nothing read of the next.
    package var isAtStart: Bool {
        if case .head = state { lines.isEmpty } else { false }
    }

    /// How the body of a request with these header lines ends.
    package static func framing(ofRequest head: Head) -> Framing {
        declaredFraming(head) ?? .none
    }

    /// How the body of a response ends; `toHead` when it answers a HEAD.
    package static func framing(ofResponse head: Head, status: Int, toHead: Bool) -> Framing {
        toHead || (100..<200).contains(status) || status == 204 || status == 304
            ? .none : declaredFraming(head) ?? .untilClose
    }

    private static func declaredFraming(_ head: Head) -> Framing? {
        if let coding = head.headers["Transfer-Encoding"], coding.lowercased().hasSuffix("chunked") { return .chunked }
        return head.headers["Content-Length"].flatMap { Int($0) }.map { .counted(max(0, $0)) }
    }

    /// Says how the body of the head just found ends.
    package mutating func expectBody(_ framing: Framing) {
        state =
            switch framing {
            case .none: .counted(0)
            case .counted(let count): .counted(count)
            case .chunked: .chunkSize
            case .untilClose: .untilClose
            }
    }

    /// The next event in `bytes`, which it consumes; `nil` when there must be more bytes first.
    ///
    /// - Parameter isEnded: Whether no more bytes can come.
    package mutating func next(from bytes: inout ByteBuffer, isEnded: Bool = false) throws -> Event? {
        while true {
            switch state {
            case .undecided:
                return nil
            case .head:
                guard let block = try readLines(from: &bytes) else { return nil }
                // Empty lines before a start line are let pass, as servers do.
                guard let startLine = block.first else { continue }
                state = .undecided
                return .head(Head(startLine: startLine, headers: HeaderLines(Array(block.dropFirst()))))
            case .counted(let left):
                guard left > 0 else { return finish(trailers: []) }
                return take(left, from: &bytes) { .counted($0) }
            case .chunkSize:
                guard let line = try readLine(from: &bytes) else { return nil }
                guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else {
                    throw Malformed(description: "a chunk size of \"\(line)\"")
                }
                state = size == 0 ? .trailers : .chunk(size)
            case .chunk(let left):
                guard left > 0 else {
                    state = .chunkEnd
                    continue
                }
                return take(left, from: &bytes) { .chunk($0) }
            case .chunkEnd:
                guard let line = try readLine(from: &bytes) else { return nil }
                guard line.isEmpty else { throw Malformed(description: "\"\(line)\" after the bytes of a chunk") }
                state = .chunkSize
            case .trailers:
                guard let block = try readLines(from: &bytes) else { return nil }
                return finish(trailers: block)
            case .untilClose:
                if let part = bytes.readSlice(length: bytes.readableBytes), part.readableBytes > 0 {
                    return .body(part)
                }
                return isEnded ? finish(trailers: []) : nil
            }
        }
    }

    private mutating func finish(trailers: [String]) -> Event {
        state = .head
        return .end(trailers: HeaderLines(trailers))
    }

    /// A part of at most `left` bytes, the rest being the new state.
    private mutating func take(_ left: Int, from bytes: inout ByteBuffer, rest: (Int) -> State) -> Event? {
        guard let part = bytes.readSlice(length: min(left, bytes.readableBytes)), part.readableBytes > 0 else {
            return nil
        }
        state = rest(left - part.readableBytes)
        return .body(part)
    }

    /// The lines up to an empty one, which is dropped.
    private mutating func readLines(from bytes: inout ByteBuffer) throws -> [String]? {
        while let line = try readLine(from: &bytes) {
            guard line.isEmpty else {
                lines.append(line)
                continue
            }
            defer { lines = [] }
            return lines
        }
        return nil
    }

    /// A line up to LF, without its LF and a CR before that.
    private func readLine(from bytes: inout ByteBuffer) throws -> String? {
        guard let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            guard bytes.readableBytes <= 1 << 20 else { throw Malformed(description: "a line above 1 MiB") }
            return nil
        }
        var line = bytes.readableBytesView[..<end]
        if line.last == UInt8(ascii: "\r") {
            line = line.dropLast()
        }
        let text = String(decoding: line, as: UTF8.self)
        bytes.moveReaderIndex(to: end + 1)
        return text
    }
}
