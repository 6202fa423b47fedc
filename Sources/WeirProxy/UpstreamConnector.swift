internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import WeirCore
internal import WeirRuntime

/// Makes connections to one provider: TCP or a unix socket, and TLS with verification where the URL says https.
final class UpstreamConnector {
    private(set) var place: UpstreamPlace
    private var timeout: TimeSpan
    private var addressLifetime: TimeSpan
    private let eventLoop: any EventLoop
    private let memory = MessageMemory()
    /// Where the provider's name led last, and until when it is believed to lead there.
    private var known: (address: SocketAddress, until: Instant)?

    /// A connector that gives up after `timeout`, and uses an address which DNS gave for `addressLifetime`.
    init(to place: UpstreamPlace, timeout: TimeSpan, addressLifetime: TimeSpan, eventLoop: any EventLoop) {
        self.place = place
        self.timeout = timeout
        self.addressLifetime = addressLifetime
        self.eventLoop = eventLoop
    }

    /// Makes connections under other figures from now on, and verified by trust roots as they are now.
    func follow(_ place: UpstreamPlace, timeout: TimeSpan, addressLifetime: TimeSpan) {
        self.place = place
        self.timeout = timeout
        self.addressLifetime = addressLifetime
        if let known { self.known = (known.address, min(known.until, eventLoop.instant + addressLifetime)) }
    }

    /// A connection has come to nothing, and a session may be to blame. Had one been given by a certificate that was refused
    /// for its name, it would bring that certificate along for as long as it lasts.
    func failed(_ code: FailureCode) {
        if code != .connect { place.sessions?.forget() }
    }

    /// Makes one connection and tells `pool` what became of it, exactly once.
    func connect(pool: UpstreamPool) {
        let attempt = ConnectAttempt(pool: pool)
        let bound = NIOLoopBound((attempt: attempt, connector: self), eventLoop: eventLoop)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(timeout.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (attempt, connector) = bound.value
                    try connector.addHandlers(to: channel, attempt: attempt)
                }
            }
        let channel = open(bootstrap)
        attempt.timeOut(after: timeout, on: eventLoop.assumeIsolated())
        channel.assumeIsolated().whenFailure { error in
            let isTimeout =
                (error as? ChannelError).map { if case .connectTimeout = $0 { true } else { false } } ?? false
            attempt.fail(isTimeout ? .timeout : .connect)
        }
    }

    private func open(_ bootstrap: ClientBootstrap) -> EventLoopFuture<any Channel> {
        switch place.url.transport {
        case .http(let host, let port), .https(let host, let port):
            let tcp = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_rcvbuf), value: Self.receiveBuffer)
            if let literal = try? SocketAddress(ipAddress: host, port: port) { return tcp.connect(to: literal) }
            return connect(tcp, host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// Connects to the address known, and asks DNS where there is none or it fails: then all addresses that DNS gives are
    /// tried (RFC 8305), and the one that answered is known from then on.
    private func connect(_ tcp: ClientBootstrap, host: String, port: Int) -> EventLoopFuture<any Channel> {
        guard let known, known.until > eventLoop.instant else { return resolve(tcp, host: host, port: port) }
        return tcp.connect(to: known.address).assumeIsolated().flatMapError { [self] _ in
            self.known = nil
            return resolve(tcp, host: host, port: port)
        }.nonisolated()
    }

    private func resolve(_ tcp: ClientBootstrap, host: String, port: Int) -> EventLoopFuture<any Channel> {
        tcp.connect(host: host, port: port).assumeIsolated().map { [self] channel in
            if let address = channel.remoteAddress { learn(address) }
            return channel
        }.nonisolated()
    }

    private func learn(_ address: SocketAddress) {
        known = (address, eventLoop.instant + addressLifetime)
    }

    /// What the kernel may hold of a response before it is read. NIO reads it all when a connection closes, however slow
    /// the caller is, so it bounds the memory of one connection.
    private static let receiveBuffer: SocketOptionValue = 512 * 1024

    private func addHandlers(to channel: any Channel, attempt: ConnectAttempt) throws {
        let pipeline = channel.pipeline.syncOperations
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: Listener.readsAtOnce)
        var peerName: String?
        if let tls = place.tls, case .https(let host, _) = place.url.transport {
            // An address has no server name; NIOSSL then verifies the certificate against the address itself.
            let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
            peerName = isAddress ? nil : host
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: peerName))
        }
        try pipeline.addHandler(
            UpstreamConnection(
                attempt: attempt, waitsForTLS: place.tls != nil, peerName: peerName, memory: memory))
    }
}

/// One attempt to connect, from the first packet to the end of the TLS handshake. It ends once.
final class ConnectAttempt {
    private var pool: UpstreamPool?
    private var scheduled: Scheduled<Void>?
    private var connection: UpstreamConnection?

    init(pool: UpstreamPool) {
        self.pool = pool
    }

    /// The pool, for as long as nothing has come of it.
    var isPending: Bool { pool != nil }

    /// The time covers the TLS handshake, which the bootstrap's own timeout does not.
    func timeOut(after timeout: TimeSpan, on loop: NIOIsolatedEventLoop) {
        guard isPending else { return }
        scheduled = loop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) { [self] in
            guard isPending else { return }
            let connection = connection
            fail(.timeout)
            connection?.close()
        }
    }

    /// The transport is up; `connection` will say when it is ready. (Of several addresses tried, the first to get here.)
    func began(_ connection: UpstreamConnection) {
        if isPending { self.connection = connection } else { connection.close() }
    }

    /// The connection is ready for a request. Returns its pool; nil where it comes too late.
    func succeed() -> UpstreamPool? {
        end()
    }

    /// Nothing came of it.
    func fail(_ code: FailureCode) {
        end()?.failed(code)
    }

    @discardableResult
    private func end() -> UpstreamPool? {
        scheduled?.cancel()
        scheduled = nil
        defer {
            pool = nil
            connection = nil
        }
        return pool
    }
}
