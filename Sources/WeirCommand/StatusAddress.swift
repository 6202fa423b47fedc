internal import ArgumentParser

/// Where an admin endpoint is: `http://HOST:PORT`, `HOST:PORT`, `[::1]:PORT` or `unix:/PATH`.
enum StatusAddress: Equatable, Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// The default of `admin.listen`.
    static let standard = StatusAddress.tcp(host: "127.0.0.1", port: 9464)

    /// `nil` where the text is no such address.
    init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            guard path.hasPrefix("/"), (2...107).contains(path.utf8.count) else { return nil }
            self = .unix(path: String(path))
            return
        }
        var rest = text.hasPrefix("http://") ? text.dropFirst(7) : text[...]
        if rest.last == "/" { rest.removeLast() }
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        var host = rest[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.contains(":") == isBracketed,
            host.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") })
        else { return nil }
        self = .tcp(host: String(host), port: port)
    }

    /// What stands in the `Host` of a request.
    var authority: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "localhost"
        }
    }
}

extension StatusAddress: ExpressibleByArgument, CustomStringConvertible {
    init?(argument: String) {
        self.init(argument)
    }

    var description: String {
        switch self {
        case .tcp: "http://\(authority)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
