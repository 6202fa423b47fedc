/// Why a message was refused. To a caller it is a 400 or 431, of an upstream it makes a 502.
package struct HTTPDefect: Error, Sendable, Equatable {
    package enum Kind: Sendable {
        /// The message breaks a rule of form or framing: 400.
        case malformed
        /// The head (or the trailers) exceed ``HeadLimits/maxBytes``: 431.
        case headTooLarge
        /// More fields than ``HeadLimits/maxFields``: 431.
        case tooManyFields
    }

    package var kind: Kind
    /// For people. Static text, never bytes of the message, so it is safe in a log or an answer.
    package var text: String

    package init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    static func malformed(_ text: String) -> HTTPDefect {
        HTTPDefect(kind: .malformed, text: text)
    }

    static let headTooLarge = HTTPDefect(kind: .headTooLarge, text: "the head is too large")
    static let tooManyFields = HTTPDefect(kind: .tooManyFields, text: "the head has too many fields")
}
