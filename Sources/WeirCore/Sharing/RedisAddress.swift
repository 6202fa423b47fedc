/// Where a Redis (or Valkey) server is, and how to speak to it.
package struct RedisAddress: Sendable, Hashable, CustomStringConvertible {
    /// How the connection is made.
    package enum Transport: Sendable, Hashable {
        /// Plain TCP; the host is a name or an IP literal without brackets.
        case tcp(host: String, port: Int)
        /// TLS, the certificate verified against `host`.
        case tls(host: String, port: Int)
        /// A unix socket.
        case unix(path: String)
    }

    /// How the connection is made.
    package var transport: Transport
    /// The number of the database, from 0; 0.
    package var database: Int
    /// The user to authenticate as; nil: the default user.
    package var user: String?
    /// The password, a secret; nil: none.
    package var password: String?

    /// A server behind `transport`.
    package init(transport: Transport, database: Int = 0, user: String? = nil, password: String? = nil) {
        self.transport = transport
        self.database = database
        self.user = user
        self.password = password
    }

    /// As a URL, for people and logs: `redacted` in the place of user and password.
    package var description: String {
        let userinfo = user == nil && password == nil ? "" : "redacted@"
        return switch transport {
        case .tcp(let host, let port): "redis://\(userinfo)\(Self.authority(host, port))/\(database)"
        case .tls(let host, let port): "rediss://\(userinfo)\(Self.authority(host, port))/\(database)"
        case .unix(let path): "redis+unix://\(userinfo)\(path)" + (database == 0 ? "" : "?db=\(database)")
        }
    }

    private static func authority(_ host: String, _ port: Int) -> String {
        (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }
}
