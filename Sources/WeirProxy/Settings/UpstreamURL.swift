/// Where a provider is reached.
package struct UpstreamURL: Hashable, Sendable {
    /// How the connection is made.
    package enum Transport: Hashable, Sendable {
        /// Plain TCP.
        case http(host: String, port: Int)
        /// TLS 1.2 or later, the certificate verified against `host`.
        case https(host: String, port: Int)
        /// A unix socket, plain.
        case unix(path: String)
    }

    /// How the connection is made. A host is a name or an IP literal without brackets.
    package var transport: Transport
    /// Put before the path of every request; empty, or begins with `/` and does not end with one.
    package var pathPrefix: String

    /// A provider behind `transport`.
    package init(transport: Transport, pathPrefix: String = "") {
        self.transport = transport
        self.pathPrefix = pathPrefix
    }

    /// The authority for `Host`: the port is left out where it is the scheme's own.
    package var authority: String {
        switch transport {
        case .http(let host, let port): Self.authority(host, port, ordinary: 80)
        case .https(let host, let port): Self.authority(host, port, ordinary: 443)
        case .unix: "localhost"
        }
    }

    /// The URL for people: no user information, no query.
    package var description: String {
        switch transport {
        case .http: "http://\(authority)\(pathPrefix)"
        case .https: "https://\(authority)\(pathPrefix)"
        case .unix(let path): "unix:\(path)"
        }
    }

    private static func authority(_ host: String, _ port: Int, ordinary: Int) -> String {
        let literal = host.contains(":") ? "[\(host)]" : host
        return port == ordinary ? literal : "\(literal):\(port)"
    }
}
