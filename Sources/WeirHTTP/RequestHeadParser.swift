package import NIOCore

/// Parses request heads, one after the other, from the bytes of one connection.
///
/// Strict on purpose: what RFC 9112 lets a server forgive is refused here, but for one thing: a single CR LF
/// before a request line is skipped (RFC 9112 2.2). Which defect is reported depends on the bytes only,
/// never on how they were split into reads.
package struct RequestHeadParser {
    private enum Phase {
        /// At the start, or within the method.
        case method
        /// A CR was found where the head should begin.
        case emptyLine
        case target, version, fields
    }

    /// What needs the whole head.
    private struct Judgement {
        let framing: BodyFraming
        let authority: Range<Int>
    }

    private let limits: HeadLimits
    private var fields: FieldScanner
    private var phase = Phase.method
    /// How much of the head has been scanned, from the buffer's reader index.
    private var place = 0
    private var hasSkippedLine = false
    private var method = HTTPMethod.other
    private var methodEnd = 0
    private var questionMark: Int?
    private var targetEnd = 0
    private var target: RequestTarget?
    private var version = HTTPVersion.http11
    private var failure: HTTPDefect?

    package init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
        fields = FieldScanner(isRequest: true, maxFields: limits.maxFields)
    }

    /// Takes exactly one head from the front of `buffer`, once it is there whole.
    ///
    /// Until then nothing but an empty line is consumed: call again with the same unread bytes and more behind
    /// them; what was scanned is not scanned again. After an error every further call throws it again.
    ///
    /// - Returns: nil when more bytes are needed.
    package mutating func parse(_ buffer: inout ByteBuffer) throws(HTTPDefect) -> RequestHead? {
        if let failure { throw failure }
        do throws(HTTPDefect) {
            return try advance(&buffer)
        } catch {
            failure = error
            throw error
        }
    }

    /// Whether a head has begun and is not yet whole: an end of the connection now cuts a request short.
    package var isMidHead: Bool { place > 0 }

    private mutating func advance(_ buffer: inout ByteBuffer) throws(HTTPDefect) -> RequestHead? {
        let end = min(buffer.readableBytes, limits.maxBytes)
        guard let judgement = try scan(buffer.readableBytesUInt8Span, to: end) else {
            if phase == .emptyLine { return try skipEmptyLine(&buffer) ? advance(&buffer) : nil }
            if end == limits.maxBytes { throw .headTooLarge }
            return nil
        }
        guard let target, let bytes = buffer.readSlice(length: place) else { return nil }
        let meaning = fields.meaning
        let framing = judgement.framing
        let head = RequestHead(
            method: method, version: version, framing: framing,
            isPersistent: version == .http11 && !meaning.closes,
            upgradesToWebSocket: meaning.upgradesToWebSocket && method == .get && version == .http11
                && framing.isEmpty,
            fields: HeadFields(bytes: bytes, entries: fields.entries, present: fields.present),
            methodEnd: methodEnd, target: target, authorityRange: judgement.authority)
        phase = .method
        place = 0
        hasSkippedLine = false
        return head
    }

    /// - Returns: false when more bytes are needed to know.
    private mutating func skipEmptyLine(_ buffer: inout ByteBuffer) throws(HTTPDefect) -> Bool {
        guard let second: UInt8 = buffer.getInteger(at: buffer.readerIndex + 1) else { return false }
        guard second == ASCII.lf else { throw .malformed("the message begins with a bare CR") }
        buffer.moveReaderIndex(forwardBy: 2)
        hasSkippedLine = true
        phase = .method
        return true
    }

    /// - Returns: what the whole head comes to; nil where its end is not there.
    private mutating func scan(_ bytes: Span<UInt8>, to end: Int) throws(HTTPDefect) -> Judgement? {
        while place < end {
            switch phase {
            case .method:
                if place == 0 {
                    guard hasSkippedLine || bytes[0] != ASCII.cr else {
                        phase = .emptyLine
                        return nil
                    }
                    beginHead()
                }
                try scanMethod(bytes, to: end)
            case .emptyLine:
                return nil
            case .target:
                try scanTarget(bytes, to: end)
            case .version:
                try scanVersion(bytes, to: end)
            case .fields:
                return try fields.scan(bytes, from: &place, to: end) ? judge(bytes) : nil
            }
        }
        return nil
    }

    private mutating func beginHead() {
        fields.reset()
        questionMark = nil
        target = nil
    }

    private mutating func scanMethod(_ bytes: Span<UInt8>, to end: Int) throws(HTTPDefect) {
        let here = bytes.endOfToken(from: place, to: end)
        place = here
        guard here <= HTTPMethod.maxLength else { throw .malformed("the method is too long") }
        guard here < end else { return }
        guard bytes[here] == ASCII.space, here > 0 else { throw .malformed("the method is not a token") }
        methodEnd = here
        method = HTTPMethod(bytes, in: 0..<here)
        place = here &+ 1
        phase = .target
    }

    private mutating func scanTarget(_ bytes: Span<UInt8>, to end: Int) throws(HTTPDefect) {
        var here = bytes.endOfTargetBytes(from: place, to: end, stopsAtQuestionMark: questionMark == nil)
        if here < end, questionMark == nil, bytes[here] == ASCII.questionMark {
            questionMark = here
            here = bytes.endOfTargetBytes(from: here &+ 1, to: end, stopsAtQuestionMark: false)
        }
        place = here
        guard here < end else { return }
        let start = methodEnd &+ 1
        guard bytes[here] == ASCII.space, here > start else {
            throw .malformed(here == start ? "the request has no target" : "the target has a forbidden character")
        }
        target = try RequestTarget(bytes, in: start..<here, questionMark: questionMark, method: method)
        targetEnd = here
        place = here &+ 1
        phase = .version
    }

    private mutating func scanVersion(_ bytes: Span<UInt8>, to end: Int) throws(HTTPDefect) {
        // Most often the line is there to its end; otherwise, and to say what is wrong, byte by byte.
        if place == targetEnd &+ 1, place &+ 10 <= end, let word = bytes.word(at: place, before: end),
            let spoken = HTTPVersion(word), bytes[place &+ 8] == ASCII.cr, bytes[place &+ 9] == ASCII.lf
        {
            version = spoken
            place &+= 10
            phase = .fields
            return
        }
        while place < end {
            let byte = bytes[place]
            switch place &- targetEnd &- 1 {
            case 7:
                guard let spoken = HTTPVersion(minorDigit: byte) else { throw .unknownVersion }
                version = spoken
            case 8:
                guard byte == ASCII.cr else { throw .malformed("the request line does not end in CR LF") }
            case 9:
                guard byte == ASCII.lf else { throw .malformed("the request line does not end in CR LF") }
                place &+= 1
                phase = .fields
                return
            case let offset:
                guard HTTPVersion.isPrefix(byte, at: offset) else { throw .unknownVersion }
            }
            place &+= 1
        }
    }

    /// The rules that need the whole head.
    private func judge(_ bytes: Span<UInt8>) throws(HTTPDefect) -> Judgement {
        let framing = try fields.meaning.framing(version: version) ?? .none
        let sent = target?.authority ?? 0..<0
        guard let host = fields.meaning.host else {
            guard version == .http10 else { throw .malformed("Host is missing") }
            return Judgement(framing: framing, authority: sent)
        }
        // CONNECT is refused whatever its Host says.
        if let target, target.isAbsolute {
            guard let named = Authority(bytes, in: host), let asked = Authority(bytes, in: sent),
                named.agrees(with: asked, defaultPort: target.defaultPort, in: bytes)
            else { throw .malformed("Host disagrees with the target") }
        }
        return Judgement(framing: framing, authority: host)
    }
}
