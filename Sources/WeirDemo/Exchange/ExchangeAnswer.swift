package import NIOCore

/// An answer of the exchange, as values.
package struct ExchangeAnswer: Sendable, Equatable {
    package let status: Int
    /// The header fields beside those that frame the message.
    package let fields: [Field]
    /// JSON.
    package let body: String
    /// How long to wait before sending it.
    package let delay: TimeAmount

    /// A header field.
    package struct Field: Sendable, Equatable {
        package let name: String
        package let value: String
    }
}
