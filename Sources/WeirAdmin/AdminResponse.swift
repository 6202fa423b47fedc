/// An answer of the admin endpoint. The server adds `Date`, `Content-Length` and `Connection`, and leaves the body out
/// of an answer to HEAD.
package struct AdminResponse: Sendable, Equatable {
    /// The status code.
    package var status: Int
    /// The `Content-Type`.
    package var contentType: String
    /// Header fields beside `Content-Type` and `X-Content-Type-Options: nosniff`, which every answer has.
    package var headers: [AdminRequest.Field]
    /// The body.
    package var body: [UInt8]

    /// An answer of any kind.
    package init(status: Int, contentType: String, headers: [AdminRequest.Field] = [], body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// An answer of plain text.
    package init(status: Int, text: String, headers: [AdminRequest.Field] = []) {
        self.init(
            status: status, contentType: "text/plain; charset=utf-8", headers: headers, body: Array(text.utf8))
    }

    /// All header fields in the order in which they are sent.
    var allHeaders: [AdminRequest.Field] {
        [
            AdminRequest.Field(name: "Content-Type", value: contentType),
            AdminRequest.Field(name: "X-Content-Type-Options", value: "nosniff"),
        ] + headers
    }
}
