package import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization
package import WeirProxy

/// The acquire/report API: permits for callers that speak no HTTP to the provider, over HTTP on a listener of its own.
package final class PermitServer: Sendable {
    /// Connections at the same time, at most; further ones are closed at once.
    static let mostConnections = 1024

    private let channel: any Channel
    private let state: PermitServerState

    private init(_ channel: any Channel, _ state: PermitServerState) {
        self.channel = channel
        self.state = state
    }

    /// Listens on `address`.
    ///
    /// - Throws: where the address cannot be had.
    package static func start(
        on address: ListenAddress, group: any EventLoopGroup, finder: any UpstreamFinder
    ) async throws -> PermitServer {
        let state = PermitServerState(finder: finder)
        let isTCP = if case .tcp = address { true } else { false }
        let bootstrap = ServerBootstrap(group: group.next())
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isTCP { try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1) }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(PermitConnection(state))
                }
            }
        let channel =
            switch address {
            case .tcp(let host, let port): try await bootstrap.bind(host: host, port: port).get()
            case .unix(let path):
                try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        return PermitServer(channel, state)
    }

    /// The address as bound: `HOST:PORT`, or `unix:PATH`.
    package var address: String {
        switch channel.localAddress {
        case .v4(let address)?: "\(address.host):\(channel.localAddress?.port ?? 0)"
        case .v6(let address)?: "[\(address.host)]:\(channel.localAddress?.port ?? 0)"
        case .unixDomainSocket?: "unix:\(channel.localAddress?.pathname ?? "")"
        case nil: "closed"
        }
    }

    /// From here on answers say that the connection closes.
    package func drain() {
        state.drain()
    }

    /// Stops listening.
    package func close() async {
        try? await channel.close()
    }
}

/// What the connections of a server have in common.
final class PermitServerState: Sendable {
    private struct Books {
        var connections = 0
        var isDraining = false
    }

    let finder: any UpstreamFinder
    private let books = Mutex(Books())

    init(finder: any UpstreamFinder) {
        self.finder = finder
    }

    var isDraining: Bool { books.withLock(\.isDraining) }

    func drain() {
        books.withLock { $0.isDraining = true }
    }

    /// A connection comes. Returns whether there is room for it.
    func opened() -> Bool {
        books.withLock { books in
            books.connections += 1
            return books.connections <= PermitServer.mostConnections
        }
    }

    func closed() {
        books.withLock { $0.connections -= 1 }
    }
}
