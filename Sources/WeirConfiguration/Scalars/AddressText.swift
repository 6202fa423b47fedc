internal import WeirProxy

/// Addresses to listen on: `127.0.0.1:8081`, `[::1]:8081`, `localhost:8081`, `unix:/run/weir.sock`.
package enum AddressText {
    /// What an address looks like, for those who wrote something else.
    package static let expected = "an address such as 127.0.0.1:8081, [::1]:8081 or unix:/run/weir.sock"

    /// The longest path of a unix socket: `sun_path` less its end.
    static let longestSocketPath = 107

    /// An address with an IP literal in its one form; `localhost` is 127.0.0.1, port 0 any free one.
    static func parse(_ text: String) throws(Mismatch) -> ListenAddress {
        if text.hasPrefix("unix:") { return .unix(path: try socketPath(text.dropFirst(5), expected: expected)) }
        guard let authority = HostText(text), let port = authority.port else { throw Mismatch(expected: expected) }
        if authority.host == "localhost" { return .tcp(host: "127.0.0.1", port: port) }
        guard IPAddress(authority.host) != nil else { throw Mismatch(expected: expected) }
        return .tcp(host: authority.host, port: port)
    }

    /// Whether the text is an address to listen on.
    package static func isAddress(_ text: String) -> Bool {
        (try? parse(text)) != nil
    }

    /// The path of a unix socket.
    static func socketPath(_ path: Substring, expected: String) throws(Mismatch) -> String {
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count > 1, path.utf8.allSatisfy({ $0 >= 0x20 }) else {
            throw Mismatch(expected: expected)
        }
        guard path.utf8.count <= longestSocketPath else {
            throw Mismatch(expected: "a socket path of at most \(longestSocketPath) bytes")
        }
        return String(path)
    }
}

extension Cursor {
    /// Where to listen; a warning where others than this machine can come.
    func listenAddress() -> ListenAddress? {
        let address = read(AddressText.expected) { text throws(Mismatch) in try AddressText.parse(text) }
        if case .tcp(let host, _) = address, let literal = IPAddress(host), !literal.isLoopback {
            warning("is not a loopback address: whoever reaches it can use it")
        }
        return address
    }
}
