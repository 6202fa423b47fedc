/// Where a socket listens: as a test names it, and as the process logs it.
package enum SocketEndpoint: Sendable, Equatable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// A port of 127.0.0.1.
    package static func loopback(_ port: Int) -> SocketEndpoint { .tcp(host: "127.0.0.1", port: port) }

    /// Reads `127.0.0.1:8081`, `[::1]:8081` or `unix:/path`; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        if text.hasPrefix("unix:") {
            self = .unix(path: String(text.dropFirst("unix:".count)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        }
        guard !host.isEmpty else { return nil }
        self = .tcp(host: String(host), port: port)
    }

    /// The port; `nil` for a unix socket.
    package var port: Int? {
        if case .tcp(_, let port) = self { port } else { nil }
    }

    /// As it stands in a `Host` field and in a URL; `localhost` for a unix socket.
    package var authority: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "localhost"
        }
    }

    /// As the configuration has it.
    package var description: String {
        switch self {
        case .tcp: authority
        case .unix(let path): "unix:\(path)"
        }
    }
}
