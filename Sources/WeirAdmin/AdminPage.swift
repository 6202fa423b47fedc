/// The status page.
package struct AdminPage: Sendable, Equatable {
    /// The document, in UTF-8.
    package let html: [UInt8]
    /// The `Content-Security-Policy` that lets the document's own script and style run, and nothing else.
    package let contentSecurityPolicy: String

    /// A page with its policy.
    package init(html: [UInt8], contentSecurityPolicy: String) {
        self.html = html
        self.contentSecurityPolicy = contentSecurityPolicy
    }
}
