internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import WeirCore
internal import WeirRuntime

/// Makes connections to one provider: TCP or a unix socket, and TLS with verification where the URL says https.
final class UpstreamConnector {
    private let url: UpstreamURL
    private let tls: NIOSSLContext?
    private let timeout: TimeSpan
    private let eventLoop: any EventLoop

    /// - Throws: where the trust roots cannot be read.
    init(url: UpstreamURL, caFile: String?, timeout: TimeSpan, eventLoop: any EventLoop) throws {
        self.url = url
        self.timeout = timeout
        self.eventLoop = eventLoop
        if case .https = url.transport {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.certificateVerification = .fullVerification
            configuration.applicationProtocols = ["http/1.1"]
            if let caFile { configuration.additionalTrustRoots = [.file(caFile)] }
            tls = try NIOSSLContext(configuration: configuration)
        } else {
            tls = nil
        }
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
        let channel: EventLoopFuture<any Channel>
        switch url.transport {
        case .http(let host, let port), .https(let host, let port):
            let tcp = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
            let literal = try? SocketAddress(ipAddress: host, port: port)
            channel = literal.map { tcp.connect(to: $0) } ?? tcp.connect(host: host, port: port)
        case .unix(let path):
            channel = bootstrap.connect(unixDomainSocketPath: path)
        }
        attempt.timeOut(after: timeout, on: eventLoop.assumeIsolated())
        channel.assumeIsolated().whenFailure { error in
            let isTimeout =
                (error as? ChannelError).map { if case .connectTimeout = $0 { true } else { false } } ?? false
            attempt.fail(isTimeout ? .timeout : .connect)
        }
    }

    private func addHandlers(to channel: any Channel, attempt: ConnectAttempt) throws {
        let pipeline = channel.pipeline.syncOperations
        var peerName: String?
        if let tls, case .https(let host, _) = url.transport {
            // An address has no server name; NIOSSL then verifies the certificate against the address itself.
            let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
            peerName = isAddress ? nil : host
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: peerName))
        }
        try pipeline.addHandler(
            UpstreamConnection(attempt: attempt, waitsForTLS: tls != nil, peerName: peerName))
    }
}

/// One attempt to connect, from the first packet to the end of the TLS handshake. It ends once.
final class ConnectAttempt {
    private var pool: UpstreamPool?
    private var scheduled: Scheduled<Void>?
    private weak var connection: UpstreamConnection?

    init(pool: UpstreamPool) {
        self.pool = pool
    }

    /// The pool, for as long as nothing has come of it.
    var isPending: Bool { pool != nil }

    /// The time covers the TLS handshake, which the bootstrap's own timeout does not.
    func timeOut(after timeout: TimeSpan, on loop: NIOIsolatedEventLoop) {
        guard isPending else { return }
        scheduled = loop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) { [weak self] in
            guard let self, isPending else { return }
            fail(.timeout)
            connection?.close()
        }
    }

    /// The transport is up; `connection` will say when it is ready. (Of several addresses tried, the first to get here.)
    func began(_ connection: UpstreamConnection) {
        self.connection = connection
        if !isPending { connection.close() }
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
        defer { pool = nil }
        return pool
    }
}
