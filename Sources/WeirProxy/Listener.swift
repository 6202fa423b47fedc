package import NIOCore
internal import NIOPosix
package import WeirCore
internal import WeirHTTP
package import WeirRuntime

/// A listening address, its upstreams and its callers, all on one event loop.
package final class Listener {
    /// As bound; a port of 0 is resolved.
    package private(set) var address: ListenAddress
    /// The upstreams behind it.
    package let upstreams: [Upstream]
    /// Events of requests that were refused before they were routed.
    let emit: EventSink
    /// Where the record of each call goes when it ends; nil: nowhere. Set on the loop.
    package var accessSink: AccessSink?
    private(set) var isDraining = false

    private let eventLoop: any EventLoop
    private let byHost: [(host: [UInt8], upstream: Upstream)]
    private let fallback: Upstream?
    private var channel: (any Channel)?
    private var connections: [ObjectIdentifier: DownstreamConnection] = [:]
    private var calls = 0
    private var drained: EventLoopPromise<Bool>?

    /// A listener for `upstreams` on their loop; must be called there. `emit` gets the events of unrouted requests.
    package init(
        address: ListenAddress, upstreams: [Upstream], on eventLoop: any EventLoop, emit: @escaping EventSink
    ) {
        self.address = address
        self.upstreams = upstreams
        self.eventLoop = eventLoop
        self.emit = emit
        byHost = upstreams.flatMap { upstream in upstream.settings.hosts.map { (Array($0.utf8), upstream) } }
        fallback = upstreams.first { $0.settings.hosts.isEmpty }
    }

    /// Starts to listen. The future fails where the address cannot be had.
    package func bind() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let isTCP = if case .tcp = address { true } else { false }
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DownstreamConnection(listener: bound.value))
                    if isTCP { try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1) }
                    try channel.syncOptions?.setOption(.socketOption(.so_rcvbuf), value: Self.receiveBuffer)
                }
            }
        let channel =
            switch address {
            case .tcp(let host, let port): bootstrap.bind(host: host, port: port)
            case .unix(let path): bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
            }
        return channel.assumeIsolated().map { channel in
            self.channel = channel
            if case .tcp(let host, _) = self.address, let port = channel.localAddress?.port {
                self.address = .tcp(host: host, port: port)
            }
        }.nonisolated()
    }

    /// Stops: calls in line are refused at once, new ones as well; those under way finish. The future tells, at the
    /// latest after `timeout`, whether all of them have.
    package func drain(timeout: TimeSpan) -> EventLoopFuture<Bool> {
        isDraining = true
        let promise = eventLoop.makePromise(of: Bool.self)
        drained = promise
        eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout.nanoseconds)) { self.endDrain(false) }
        for upstream in upstreams { upstream.drain() }
        for connection in connections.values { connection.drain() }
        if calls == 0 { endDrain(true) }
        return promise.futureResult
    }

    /// Stops listening and closes whatever is still open.
    package func close() -> EventLoopFuture<Void> {
        channel?.close() ?? eventLoop.makeSucceededVoidFuture()
    }

    /// What the kernel may hold of a caller's body before it is read: as for the provider's, it bounds a connection's memory.
    private static let receiveBuffer: SocketOptionValue = 256 * 1024

    // MARK: For its connections

    func opened(_ connection: DownstreamConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func closed(_ connection: DownstreamConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    func callBegan() {
        calls += 1
    }

    func callEnded() {
        calls -= 1
        if calls == 0 { endDrain(true) }
    }

    /// The upstream that serves the request's authority; case and port are ignored.
    func upstream(for head: RequestHead) -> Upstream? {
        for (host, upstream) in byHost where head.isAddressed(to: host) { return upstream }
        return fallback
    }

    private func endDrain(_ isComplete: Bool) {
        guard let drained else { return }
        self.drained = nil
        drained.succeed(isComplete)
    }
}
