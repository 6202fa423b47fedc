/// What the fields of a head mean for its framing and its connection, gathered line by line.
struct FieldMeaning: Sendable {
    /// Most names a head's `Connection` fields may list besides the options defined by HTTP itself.
    static let maxNominations = 16

    /// Whose head it is.
    let isRequest: Bool
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var host: Range<Int>?
    private(set) var closes = false
    private(set) var hasUpgradeOption = false
    private(set) var upgradeFields = 0
    private(set) var isWebSocket = false
    private(set) var nominations = 0

    init(isRequest: Bool) {
        self.isRequest = isRequest
    }

    /// Takes in one field whose form is already known to be good.
    mutating func note(_ known: KnownField, _ bytes: Span<UInt8>, value: Range<Int>) throws(HTTPDefect) {
        switch known {
        case .contentLength:
            guard contentLength == nil else { throw .malformed("Content-Length is repeated") }
            contentLength = try Self.length(bytes, in: value)
        case .transferEncoding:
            guard !isChunked else { throw .malformed("Transfer-Encoding is repeated") }
            guard bytes.equals("chunked", in: value) else {
                throw .malformed("Transfer-Encoding is not exactly chunked")
            }
            isChunked = true
        case .host where isRequest:
            guard host == nil else { throw .malformed("Host is repeated") }
            guard Authority(bytes, in: value) != nil else {
                throw .malformed("Host is not a host with an optional port")
            }
            host = value
        case .framingLookalike where isRequest:
            throw .malformed("a field could be taken for one that frames the message")
        case .connection:
            try noteConnection(bytes, value: value)
        case .upgrade:
            upgradeFields &+= 1
            isWebSocket = bytes.equals("websocket", in: value)
        default:
            break
        }
    }

    /// Whether the sender offers, or agrees, to go on as a WebSocket and nothing else.
    var upgradesToWebSocket: Bool {
        hasUpgradeOption && upgradeFields == 1 && isWebSocket
    }

    /// The framing that the fields ask for; nil when they do not speak of it.
    func framing(version: HTTPVersion) throws(HTTPDefect) -> BodyFraming? {
        guard isChunked else { return contentLength.map { .counted($0) } }
        guard contentLength == nil else {
            throw .malformed("Transfer-Encoding and Content-Length are both present")
        }
        guard version == .http11 else { throw .malformed("Transfer-Encoding in an HTTP/1.0 message") }
        return .chunked
    }

    /// Digits only, at most 18 of them, so that it always fits.
    private static func length(_ bytes: Span<UInt8>, in value: Range<Int>) throws(HTTPDefect) -> Int {
        guard (1...18).contains(value.count) else {
            throw .malformed(value.isEmpty ? "Content-Length is empty" : "Content-Length has too many digits")
        }
        var length = 0
        for place in value {
            guard ASCII.isDigit(bytes[place]) else { throw .malformed("Content-Length is not a plain number") }
            length = length &* 10 &+ Int(bytes[place] &- ASCII.zero)
        }
        return length
    }

    private mutating func noteConnection(_ bytes: Span<UInt8>, value: Range<Int>) throws(HTTPDefect) {
        var options = ConnectionOptions(value)
        while let option = options.next(bytes) {
            guard option.isToken else {
                guard !isRequest else { throw .malformed("Connection lists something that is not a token") }
                // A sloppy server is not worth a 502, only its connection is not to be trusted further.
                closes = true
                continue
            }
            if bytes.equals("close", in: option.range) {
                closes = true
                continue
            }
            switch KnownField(bytes, in: option.range) {
            case .host, .contentLength, .transferEncoding, .framingLookalike:
                throw .malformed("Connection lists a field that frames or routes the message")
            case .upgrade:
                hasUpgradeOption = true
            case .connection, .keepAlive, .proxyConnection, .te, .trailer:
                break
            default:
                nominations &+= 1
                guard nominations <= Self.maxNominations else {
                    throw .malformed("Connection lists too many fields")
                }
            }
        }
    }
}

/// Walks the comma-separated members of a `Connection` value. Empty members are skipped (RFC 9110 5.6.1).
struct ConnectionOptions {
    private var place: Int
    private let end: Int

    init(_ value: Range<Int>) {
        place = value.lowerBound
        end = value.upperBound
    }

    /// The next member, and whether it is a token; nil at the end.
    mutating func next(_ bytes: Span<UInt8>) -> (range: Range<Int>, isToken: Bool)? {
        while place < end, bytes[place] == ASCII.comma || ASCII.isBlank(bytes[place]) { place &+= 1 }
        guard place < end else { return nil }
        let start = place
        while place < end, ASCII.isToken(bytes[place]) { place &+= 1 }
        let option = start..<place
        while place < end, ASCII.isBlank(bytes[place]) { place &+= 1 }
        let isToken = !option.isEmpty && (place == end || bytes[place] == ASCII.comma)
        while place < end, bytes[place] != ASCII.comma { place &+= 1 }
        return (option, isToken)
    }
}
