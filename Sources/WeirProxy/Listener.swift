package import NIOCore
internal import NIOPosix
package import WeirCore
internal import WeirHTTP
package import WeirRuntime

/// A listening address, its upstreams and its callers, all on one event loop.
package final class Listener {
    private enum Life {
        case open
        /// It accepts nobody; its callers are let go one after the other, and then this is done.
        case retiring(() -> Void)
        case draining
    }

    /// As bound; a port of 0 is resolved.
    package private(set) var address: ListenAddress
    /// Events of requests that were refused before they were routed.
    let emit: EventSink
    /// Where the record of each call goes when it ends; nil: nowhere. Set on the loop.
    package var accessSink: AccessSink?
    /// Memory for the answers to its callers.
    let memory = MessageMemory()

    private let eventLoop: any EventLoop
    private var upstreams: [Upstream] = []
    private var byHost: [(host: [UInt8], upstream: Upstream)] = []
    private var fallback: Upstream?
    private var life = Life.open
    private var channel: (any Channel)?
    private var connections: [ObjectIdentifier: DownstreamConnection] = [:]
    private var calls = 0
    private var drained: EventLoopPromise<Bool>?

    /// A listener on a loop, for no upstream yet; must be called there. `emit` gets the events of unrouted requests.
    package init(address: ListenAddress, on eventLoop: any EventLoop, emit: @escaping EventSink) {
        self.address = address
        self.eventLoop = eventLoop
        self.emit = emit
    }

    /// Has it lead to these upstreams, which live on its loop, from the next call on.
    package func serve(_ upstreams: [Upstream]) {
        self.upstreams = upstreams
        byHost = upstreams.flatMap { upstream in upstream.settings.hosts.map { (Array($0.utf8), upstream) } }
        fallback = upstreams.first { $0.settings.hosts.isEmpty }
    }

    /// Has it lead to an upstream no longer.
    package func forget(_ upstream: Upstream) {
        upstreams.removeAll { $0 === upstream }
        byHost.removeAll { $0.upstream === upstream }
        if fallback === upstream { fallback = nil }
    }

    /// Takes the address. Callers may connect from then on, and wait until it is opened. The future fails where the
    /// address cannot be had.
    package func bind() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let isTCP = if case .tcp = address { true } else { false }
        let bootstrap = ServerBootstrap(group: eventLoop)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DownstreamConnection(listener: bound.value))
                    if isTCP { try channel.syncOptions?.setOption(.tcpOption(.tcp_nodelay), value: 1) }
                    try channel.syncOptions?.setOption(.socketOption(.so_rcvbuf), value: Self.receiveBuffer)
                    try channel.syncOptions?.setOption(.maxMessagesPerRead, value: Self.readsAtOnce)
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

    /// Accepts callers.
    package func open() {
        // Fails only where the channel is closed, which is as good as told then.
        try? channel?.syncOptions?.setOption(.autoRead, value: true)
    }

    /// Stops: calls in line are refused at once, new ones as well; those under way finish. The future tells, at the
    /// latest after `timeout`, whether all of them have.
    package func drain(timeout: TimeSpan) -> EventLoopFuture<Bool> {
        life = .draining
        let promise = eventLoop.makePromise(of: Bool.self)
        drained = promise
        eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout.nanoseconds)) { self.endDrain(false) }
        for upstream in upstreams { upstream.drain() }
        for connection in connections.values { connection.drain() }
        if calls == 0 { endDrain(true) }
        return promise.futureResult
    }

    /// Stops listening, and lets its callers go: each is served once more at most. `whenDone` is called when all are gone.
    package func retire(whenDone: @escaping () -> Void) {
        life = .retiring(whenDone)
        channel?.close(promise: nil)
        for connection in connections.values { connection.retire() }
        endIfAlone()
    }

    /// Stops listening and closes whatever is still open.
    package func close() -> EventLoopFuture<Void> {
        channel?.close() ?? eventLoop.makeSucceededVoidFuture()
    }

    /// Whether each connection closes after the answer that is under way.
    var isClosing: Bool {
        if case .open = life { false } else { true }
    }

    /// Whether calls are refused.
    var isDraining: Bool {
        if case .draining = life { true } else { false }
    }

    /// What the kernel may hold of a caller's body before it is read: as for the provider's, it bounds a connection's memory.
    private static let receiveBuffer: SocketOptionValue = 256 * 1024
    /// Reads of a connection before we look again whether the other side takes what came: each may bring 64 KiB more, which
    /// then have to be kept. One would leave NIO without a second buffer to read into while we hold the first.
    static let readsAtOnce: UInt = 2

    // MARK: For its connections

    func opened(_ connection: DownstreamConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func closed(_ connection: DownstreamConnection) {
        connections[ObjectIdentifier(connection)] = nil
        endIfAlone()
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

    private func endIfAlone() {
        guard connections.isEmpty, case .retiring(let whenDone) = life else { return }
        life = .draining
        serve([])
        whenDone()
    }

    private func endDrain(_ isComplete: Bool) {
        guard let drained else { return }
        self.drained = nil
        drained.succeed(isComplete)
    }
}
