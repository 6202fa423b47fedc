/// An answer of the admin endpoint. The server adds `Date`, `Content-Length` and `Connection`, and leaves the body out
/// of an answer to HEAD.
package struct AdminResponse: Sendable, Equatable {
    /// The status code.
    package var status: Int
    /// The `Content-Type`.
    package var contentType: String
    /// Header fields beside those that every answer has.
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

    /// All header fields in the order in which they are sent. Nothing here is to be kept, guessed at, framed, or read
    /// from another site's page; and only a document that says otherwise may load or run anything.
    var allHeaders: [AdminRequest.Field] {
        var fields = headers
        if status != 204 {
            fields.insert(AdminRequest.Field(name: "Content-Type", value: contentType), at: 0)
        }
        for standard in Self.standardHeaders where !headers.contains(where: { $0.name == standard.name }) {
            fields.append(standard)
        }
        return fields
    }

    private static let standardHeaders = [
        AdminRequest.Field(name: "Cache-Control", value: "no-store"),
        AdminRequest.Field(name: "X-Content-Type-Options", value: "nosniff"),
        AdminRequest.Field(name: "Content-Security-Policy", value: "default-src 'none'; frame-ancestors 'none'"),
        AdminRequest.Field(name: "Cross-Origin-Resource-Policy", value: "same-origin"),
        AdminRequest.Field(name: "Referrer-Policy", value: "no-referrer"),
    ]
}
