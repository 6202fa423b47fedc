package import NIOCore

/// Parses response heads, one after the other, from the bytes of one upstream connection. As strict as
/// ``RequestHeadParser``; bytes before the status line are never skipped.
package struct ResponseHeadParser {
    private enum Phase {
        case version, status, reason, lineLF, fields
    }

    private let limits: HeadLimits
    private var fields: FieldScanner
    private var phase = Phase.version
    /// How much of the head has been scanned, from the buffer's reader index.
    private var place = 0
    private var version = HTTPVersion.http11
    private var status = 0
    private var lineEnd = 0
    private var failure: HTTPDefect?

    package init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
        fields = FieldScanner(isRequest: false, maxFields: limits.maxFields)
    }

    /// Takes exactly one head from the front of `buffer`, once it is there whole.
    ///
    /// Until then nothing is consumed: call again with the same unread bytes and more behind them; what was scanned
    /// is not scanned again. After an error every further call throws it again. After a 1xx, call again for
    /// the next head.
    ///
    /// - Parameter method: that of the request being answered: it decides whether there is a body.
    /// - Returns: nil when more bytes are needed.
    package mutating func parse(
        _ buffer: inout ByteBuffer, answering method: HTTPMethod
    ) throws(HTTPDefect) -> ResponseHead? {
        if let failure { throw failure }
        do throws(HTTPDefect) {
            return try advance(&buffer, answering: method)
        } catch {
            failure = error
            throw error
        }
    }

    /// Whether a head has begun and is not yet whole: an end of the connection now cuts a response short.
    package var isMidHead: Bool { place > 0 }

    private mutating func advance(
        _ buffer: inout ByteBuffer, answering method: HTTPMethod
    ) throws(HTTPDefect) -> ResponseHead? {
        let end = min(buffer.readableBytes, limits.maxBytes)
        guard try scan(buffer.readableBytesUInt8Span, to: end) else {
            if end == limits.maxBytes { throw .headTooLarge }
            return nil
        }
        let meaning = fields.meaning
        let announced = try meaning.framing(version: version)
        let framing: BodyFraming
        var isPersistent = version == .http11 && !meaning.closes && status != 101
        if status < 200 || status == 204 {
            framing = .none
            // If the announced body does come, it must not be taken for the next response.
            if let announced, announced != .counted(0) { isPersistent = false }
        } else if method == .head || status == 304 {
            framing = .none
        } else {
            framing = announced ?? .untilClose
            if framing == .untilClose { isPersistent = false }
        }
        guard let bytes = buffer.readSlice(length: place) else { return nil }
        let head = ResponseHead(
            status: status, version: version, framing: framing, isPersistent: isPersistent,
            upgradesToWebSocket: status == 101 && meaning.upgradesToWebSocket,
            fields: HeadFields(bytes: bytes, entries: fields.entries, present: fields.present),
            statusLine: Self.statusStart..<lineEnd)
        phase = .version
        place = 0
        return head
    }

    private mutating func scan(_ bytes: Span<UInt8>, to end: Int) throws(HTTPDefect) -> Bool {
        while place < end {
            switch phase {
            case .version:
                if place == 0 {
                    beginHead()
                    // Most often the version is there to its end.
                    if let word = bytes.word(at: 0, before: end), let spoken = HTTPVersion(word) {
                        version = spoken
                        place = 8
                        continue
                    }
                }
                try scanVersion(bytes[place])
                place &+= 1
            case .status:
                try scanStatus(bytes[place])
                place &+= 1
            case .reason:
                place = bytes.endOfFieldBytes(from: place, to: end)
                guard place < end else { return false }
                guard bytes[place] == ASCII.cr else { throw .badStatusLine }
                lineEnd = place
                place &+= 1
                phase = .lineLF
            case .lineLF:
                guard bytes[place] == ASCII.lf else { throw .badStatusLine }
                place &+= 1
                phase = .fields
            case .fields:
                return try fields.scan(bytes, from: &place, to: end)
            }
        }
        return false
    }

    private mutating func beginHead() {
        fields.reset()
        status = 0
    }

    /// Where the status code begins: behind `HTTP/1.1` and a space.
    private static let statusStart = 9

    private mutating func scanVersion(_ byte: UInt8) throws(HTTPDefect) {
        switch place {
        case 7:
            guard let spoken = HTTPVersion(minorDigit: byte) else { throw .unknownVersion }
            version = spoken
        case 8:
            guard byte == ASCII.space else { throw .badStatusLine }
            phase = .status
        default:
            guard HTTPVersion.isPrefix(byte, at: place) else { throw .unknownVersion }
        }
    }

    private mutating func scanStatus(_ byte: UInt8) throws(HTTPDefect) {
        if place < Self.statusStart &+ 3 {
            guard ASCII.isDigit(byte) else { throw .malformed("the status code is not three digits") }
            status = status &* 10 &+ Int(byte &- ASCII.zero)
            return
        }
        guard (100...599).contains(status) else { throw .malformed("the status code is not within 100...599") }
        switch byte {
        case ASCII.space:
            phase = .reason
        case ASCII.cr:
            // Servers leave out the space before an empty reason; nothing can be mistaken for it.
            lineEnd = place
            phase = .lineLF
        default:
            throw .badStatusLine
        }
    }
}

extension HTTPDefect {
    fileprivate static let badStatusLine = HTTPDefect.malformed("the status line is malformed")
}
