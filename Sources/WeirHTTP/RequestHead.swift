import NIOCore

/// The head of a request: its bytes, and where in them everything is.
///
/// Copying it copies no bytes. Properties that give a `String` are for slow paths.
package struct RequestHead: Sendable {
    package let method: HTTPMethod
    package let version: HTTPVersion
    /// ``BodyFraming/none``, ``BodyFraming/counted(_:)`` or ``BodyFraming/chunked``.
    package let framing: BodyFraming
    /// HTTP/1.1 without `Connection: close`. HTTP/1.0 is never persistent.
    package let isPersistent: Bool
    /// A GET over HTTP/1.1 without a body that offers `Upgrade: websocket` and nothing else. Any other
    /// upgrade is not relayed, and the request goes on without it.
    package let upgradesToWebSocket: Bool
    package let fields: HeadFields
    let methodEnd: Int
    let target: RequestTarget
    /// Empty when an HTTP/1.0 request names none.
    let authorityRange: Range<Int>

    /// How many field lines there are.
    package var fieldCount: Int { fields.count }

    /// Whether the target was an `http` or `https` URL.
    package var isAbsoluteForm: Bool { target.isAbsolute }

    /// The method as sent.
    package var methodName: String { fields.string(0..<methodEnd) }

    /// The raw path without the query; see ``withPath(_:)``.
    package var path: String {
        target.path.isEmpty ? (target.form == .asterisk ? "*" : "/") : fields.string(target.path)
    }

    /// What follows the `?` of the target, possibly empty; nil when there is no `?`.
    package var query: String? {
        target.query.isEmpty ? nil : fields.string(target.query.lowerBound &+ 1..<target.query.upperBound)
    }

    /// The value of `Host`, or the authority of the target when an HTTP/1.0 request has no `Host` (empty if it has
    /// neither). As sent.
    package var authority: String { fields.string(authorityRange) }

    /// The first value of a kind, trimmed; nil when absent, which costs one bit test.
    package func first(_ known: KnownField) -> String? { fields.first(known) }

    /// The first value of the field called `name`, letter case aside.
    package func first(named name: String) -> String? { fields.first(named: name) }

    /// Shows the raw path without the query in place. It begins with `/`, or is exactly `*` for `OPTIONS *` and
    /// for OPTIONS on an absolute form without a path. An absolute form's empty path, and CONNECT's, is `/`.
    package func withPath<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        guard target.path.isEmpty else {
            return try body(fields.bytes.readableBytesUInt8Span.extracting(target.path))
        }
        let implied = target.form == .asterisk ? Self.asterisk : Self.slash
        return try body(implied.readableBytesUInt8Span)
    }

    /// Shows the method in place.
    package func withMethod<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(fields.bytes.readableBytesUInt8Span.extracting(0..<methodEnd))
    }

    /// Shows the authority in place; see ``authority``.
    package func withAuthority<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(fields.bytes.readableBytesUInt8Span.extracting(authorityRange))
    }

    private static let asterisk = ByteBuffer(string: "*")
    private static let slash = ByteBuffer(string: "/")
}
