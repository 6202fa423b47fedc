/// The head of a response: its bytes, and where in them everything is.
///
/// Copying it copies no bytes. Properties that give a `String` are for slow paths.
package struct ResponseHead: Sendable {
    /// 100...599.
    package let status: Int
    package let version: HTTPVersion
    package let framing: BodyFraming
    /// The upstream keeps its connection open behind this response. HTTP/1.0 never does, nor does a body that ends
    /// with the connection, a 101, or a 1xx or 204 that announces a body it must not have.
    package let isPersistent: Bool
    /// A 101 that agrees to go on as a WebSocket and nothing else.
    package let upgradesToWebSocket: Bool
    package let fields: HeadFields
    /// From the status code to the end of the reason.
    let statusLine: Range<Int>

    /// 1xx. True for a 101 as well, which is a final answer: look at ``status`` first.
    package var isInformational: Bool { status < 200 }

    /// How many field lines there are.
    package var fieldCount: Int { fields.count }

    /// The first value of a kind, trimmed; nil when absent, which costs one bit test.
    package func first(_ known: KnownField) -> String? { fields.first(known) }

    /// The first value of the field called `name`, letter case aside.
    package func first(named name: String) -> String? { fields.first(named: name) }
}
