/// How the end of a message's body is found.
package enum BodyFraming: Sendable, Equatable {
    /// There is no body.
    case none
    /// The body has exactly this many bytes, 0 or more. A `Content-Length: 0` is `counted(0)`, not `none`.
    case counted(Int)
    /// The body comes in chunks, the last of which is empty.
    case chunked
    /// The body ends with the connection. Responses only.
    case untilClose

    /// Whether it is known from the head alone that no byte of a body follows.
    package var isEmpty: Bool {
        switch self {
        case .none, .counted(0): true
        case .counted, .chunked, .untilClose: false
        }
    }

    /// Whether the body ends with the connection.
    package var isUntilClose: Bool {
        if case .untilClose = self { true } else { false }
    }
}
