/// Reads what stands between the data of a chunked body (RFC 9112 7.1), byte by byte and stopping anywhere.
///
/// Strict: sizes of 1...15 hexadecimal digits, no white space around them, CR LF exactly. Extensions and
/// trailers are checked for form, bounded, and dropped.
struct ChunkScanner: Sendable {
    private enum Phase: Sendable {
        case size, extensionText, sizeLF
        /// Data is due, ``remaining`` bytes of it.
        case data
        case dataCR, dataLF
        case trailerStart, trailerName, trailerValue, trailerLF, lastLF
        case end
    }

    /// Most digits of a size, so that it always fits.
    static let maxDigits = 15
    /// Most bytes of one chunk's extensions.
    static let maxExtension = 256

    private var phase = Phase.size
    private var digits = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var trailers = 0
    private let limits = HeadLimits()
    /// Data bytes of the chunk still to come.
    private(set) var remaining = 0

    /// Whether data is due next.
    var isInData: Bool { phase == .data }
    /// Whether the whole body has been read.
    var isAtEnd: Bool { phase == .end }

    /// Records that `count` bytes of data, at most ``remaining``, were taken.
    mutating func tookData(_ count: Int) {
        remaining &-= count
        if remaining == 0 { phase = .dataCR }
    }

    /// Reads framing until data is due, the body ends, or the bytes do.
    ///
    /// - Returns: how many bytes were read.
    mutating func scan(_ bytes: Span<UInt8>) throws(HTTPDefect) -> Int {
        var place = 0
        while place < bytes.count, phase != .data, phase != .end {
            try take(bytes[place])
            place &+= 1
        }
        return place
    }

    private mutating func take(_ byte: UInt8) throws(HTTPDefect) {
        switch phase {
        case .size:
            try takeSize(byte)
        case .extensionText:
            if byte == ASCII.cr {
                phase = .sizeLF
                return
            }
            extensionBytes &+= 1
            guard extensionBytes <= Self.maxExtension else { throw .malformed("a chunk extension is too long") }
            guard ASCII.isFieldByte(byte) else { throw .malformed("a chunk extension has a control character") }
        case .sizeLF:
            guard byte == ASCII.lf else { throw .malformed("a chunk size does not end in CR LF") }
            phase = remaining > 0 ? .data : .trailerStart
        case .dataCR:
            guard byte == ASCII.cr else { throw .malformed("a chunk's data does not end in CR LF") }
            phase = .dataLF
        case .dataLF:
            guard byte == ASCII.lf else { throw .malformed("a chunk's data does not end in CR LF") }
            phase = .size
            digits = 0
        case .trailerStart, .trailerName, .trailerValue, .trailerLF, .lastLF:
            try takeTrailer(byte)
        case .data, .end:
            break
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(HTTPDefect) {
        if let value = ASCII.hexValue(byte) {
            digits &+= 1
            guard digits <= Self.maxDigits else { throw .malformed("a chunk size has too many digits") }
            remaining = remaining &<< 4 | value
            return
        }
        guard digits > 0 else { throw .malformed("a chunk size is not a hexadecimal number") }
        switch byte {
        case ASCII.cr:
            phase = .sizeLF
        case ASCII.semicolon:
            extensionBytes = 0
            phase = .extensionText
        default:
            throw .malformed("a chunk size is not a hexadecimal number")
        }
    }

    private mutating func takeTrailer(_ byte: UInt8) throws(HTTPDefect) {
        trailerBytes &+= 1
        guard trailerBytes <= limits.maxBytes else {
            throw HTTPDefect(kind: .headTooLarge, text: "the trailers are too large")
        }
        switch phase {
        case .trailerStart where byte == ASCII.cr:
            phase = .lastLF
        case .trailerStart:
            guard ASCII.isToken(byte) else { throw .malformed("a trailer field name is not a token") }
            trailers &+= 1
            guard trailers <= limits.maxFields else {
                throw HTTPDefect(kind: .tooManyFields, text: "there are too many trailers")
            }
            phase = .trailerName
        case .trailerName where byte == ASCII.colon:
            phase = .trailerValue
        case .trailerName:
            guard ASCII.isToken(byte) else { throw .malformed("a trailer field name is not a token") }
        case .trailerValue where byte == ASCII.cr:
            phase = .trailerLF
        case .trailerValue:
            guard ASCII.isFieldByte(byte) else { throw .malformed("a trailer has a control character") }
        case .trailerLF:
            guard byte == ASCII.lf else { throw .malformed("a trailer does not end in CR LF") }
            phase = .trailerStart
        default:
            guard byte == ASCII.lf else { throw .malformed("the chunked body does not end in CR LF") }
            phase = .end
        }
    }
}
