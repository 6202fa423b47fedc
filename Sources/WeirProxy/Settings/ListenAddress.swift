/// Where a listener accepts callers.
package enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP literal and a port; port 0 lets the system choose.
    case tcp(host: String, port: Int)
    /// The path of a unix socket.
    case unix(path: String)

    /// As it is written in a configuration: `127.0.0.1:8081`, `[::1]:8081`, `unix:/run/weir.sock`.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
