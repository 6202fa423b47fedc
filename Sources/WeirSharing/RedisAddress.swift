/// Where a Redis (or Valkey) server is, and how to speak to it.
package struct RedisAddress: Sendable {
    /// How the connection is made.
    package enum Transport: Sendable {
        /// TCP, with TLS (verified against the host) or without; the host is a name or an IP literal.
        case tcp(host: String, port: Int, isTLS: Bool)
        /// A unix socket.
        case unix(path: String)
    }

    /// How the connection is made.
    package let transport: Transport
    /// The number of the database, from 0.
    package let database: Int
    /// The user; nil: the default one.
    package let user: String?
    /// The password; nil: none.
    package let password: String?

    /// A server behind `transport`.
    package init(transport: Transport, database: Int = 0, user: String? = nil, password: String? = nil) {
        self.transport = transport
        self.database = database
        self.user = user
        self.password = password
    }

    /// What is said before anything else, ending with the request for the server's run and the script.
    func greeting(script: String) -> [[String]] {
        var commands: [[String]] = []
        if let password { commands.append(["AUTH"] + (user.map { [$0] } ?? []) + [password]) }
        if database != 0 { commands.append(["SELECT", "\(database)"]) }
        return commands + [["INFO", "server"], ["SCRIPT", "LOAD", script]]
    }
}
