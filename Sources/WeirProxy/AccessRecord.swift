internal import NIOCore
package import WeirCore
internal import WeirHTTP
package import WeirRuntime

/// How one call went, for the access log: who served it and how it ended, never a header's value, a query or a body.
package struct AccessRecord: Sendable, Equatable {
    /// The upstream and the endpoint; nil for a request that was refused before it was routed.
    package var upstream: String?
    package var endpoint: String?
    /// The method, of at most ``mostMethod`` bytes; nil where what came was no request.
    package var method: String?
    /// The path as sent, without the query: at most ``mostPath`` bytes of it, then `...`. What is not a visible ASCII
    /// character, and quotes and backslashes, are percent-encoded. Nil where what came was no request.
    package var path: String?
    /// What the caller was answered; nil where it was not.
    package var status: Int?
    /// How it ended.
    package var outcome: CallOutcome
    /// Why Weir answered itself: the `Weir-Reason`; nil where it did not.
    package var reason: String?
    /// The limit that refused it, if one did.
    package var limit: String?
    /// How often it was sent.
    package var attempts = 0
    /// The time in line, over all attempts.
    package var waited = TimeSpan.zero
    /// From its head to its end.
    package var duration = TimeSpan.zero

    /// Most bytes of a method that are shown.
    package static let mostMethod = 32
    /// Most bytes of a path that are shown.
    package static let mostPath = 512

    /// A record with the fields that every call has.
    package init(outcome: CallOutcome) {
        self.outcome = outcome
    }

    /// The record of a call whose request was `head` and which Weir answered itself, if `answer` says so.
    init(_ head: RequestHead?, outcome: CallOutcome, answer: Answer?) {
        self.outcome = outcome
        status = answer?.status
        reason = answer?.reason.rawValue
        limit = answer?.limit
        guard let head else { return }
        method = head.withMethod { Self.visible($0, most: Self.mostMethod) }
        path = head.withPath { Self.visible($0, most: Self.mostPath) }
    }

    /// The bytes in one word of visible ASCII that needs no escaping in a log line.
    private static func visible(_ bytes: Span<UInt8>, most: Int) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(min(bytes.count, most) + 3)
        for index in 0..<min(bytes.count, most) {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0...0x20, 0x7F...0xFF:
                text.append(UInt8(ascii: "%"))
                text.append(hexadecimal(byte >> 4))
                text.append(hexadecimal(byte & 15))
            default:
                text.append(byte)
            }
        }
        if bytes.count > most { text += "...".utf8 }
        return String(decoding: text, as: UTF8.self)
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
    }
}

/// Where the records of ended calls go. Called on the listener's loop, which it must not keep waiting.
package typealias AccessSink = @Sendable (AccessRecord) -> Void
