package import NIOCore

/// Takes a body apart from the bytes of a connection, by its framing. Never takes a byte behind its end.
package struct BodyDecoder: Sendable {
    package enum Part: Sendable, Equatable {
        /// A piece of the body, not empty: a slice of what was given, not a copy.
        case data(ByteBuffer)
        /// The body is over. Given exactly once.
        case end
    }

    private enum State: Sendable {
        case counted(remaining: Int)
        case chunked(ChunkScanner)
        case untilClose
        case failed(HTTPDefect)
        case over
    }

    private var state: State
    /// Whether ``Part/end`` has been given.
    package private(set) var isComplete = false

    package init(_ framing: BodyFraming) {
        switch framing {
        case .none: state = .over
        case .counted(let length): state = length > 0 ? .counted(remaining: length) : .over
        case .chunked: state = .chunked(ChunkScanner())
        case .untilClose: state = .untilClose
        }
    }

    /// The next part from the front of `buffer`. What it reads it consumes, chunk framing too.
    ///
    /// A body without bytes gives its end at once, from an empty buffer too. After an error every further call
    /// throws it again.
    ///
    /// - Returns: nil when more bytes are needed, or when the end has been given.
    package mutating func next(_ buffer: inout ByteBuffer) throws(HTTPDefect) -> Part? {
        switch state {
        case .counted(let remaining):
            guard let data = Self.take(remaining, from: &buffer) else { return nil }
            let rest = remaining &- data.readableBytes
            state = rest > 0 ? .counted(remaining: rest) : .over
            return .data(data)
        case .chunked(let scanner):
            return try nextOfChunked(scanner, from: &buffer)
        case .untilClose:
            return Self.take(.max, from: &buffer).map { .data($0) }
        case .failed(let defect):
            throw defect
        case .over:
            guard !isComplete else { return nil }
            isComplete = true
            return .end
        }
    }

    /// Whether a connection that ends now leaves the body whole: it was over, or ends with the connection.
    package func finishAtEOF() -> Bool {
        switch state {
        case .untilClose, .over: true
        case .counted, .chunked, .failed: false
        }
    }

    private mutating func nextOfChunked(
        _ current: ChunkScanner, from buffer: inout ByteBuffer
    ) throws(HTTPDefect) -> Part? {
        var scanner = current
        let count: Int
        do throws(HTTPDefect) {
            count = try scanner.scan(buffer.readableBytesUInt8Span)
        } catch {
            state = .failed(error)
            throw error
        }
        buffer.moveReaderIndex(forwardBy: count)
        if scanner.isAtEnd {
            state = .over
            isComplete = true
            return .end
        }
        let data = scanner.isInData ? Self.take(scanner.remaining, from: &buffer) : nil
        if let data { scanner.tookData(data.readableBytes) }
        state = .chunked(scanner)
        return data.map { .data($0) }
    }

    private static func take(_ most: Int, from buffer: inout ByteBuffer) -> ByteBuffer? {
        let count = min(most, buffer.readableBytes)
        return count > 0 ? buffer.readSlice(length: count) : nil
    }
}
