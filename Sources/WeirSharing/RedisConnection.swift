internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import WeirCore

/// One connection to Redis on a loop: commands go out, replies come in their order.
///
/// Nothing is ever sent twice. It ends once, by either side; `ended` is then told, unless it was closed from here.
final class RedisConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Commands without a reply, at most: more than a client that waits for each can ever have.
    private static let mostAwaited = 64

    private let reader = RedisReader()
    private var awaited: [(RedisValue) -> Void] = []
    private var channel: (any Channel)?
    private var isClosed = false
    private let ready: () -> Void
    private var ended: (String) -> Void

    /// A connection that tells once when it is up and once when it has ended, with the reason.
    init(ready: @escaping () -> Void, ended: @escaping (String) -> Void) {
        self.ready = ready
        self.ended = ended
    }

    /// Connects; must be called on `loop`.
    func open(_ transport: RedisAddress.Transport, timeout: TimeSpan, on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(timeout.nanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if case .tls(let host, _) = transport {
                        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host))
                    }
                    try pipeline.addHandler(bound.value)
                }
            }
        let future: EventLoopFuture<any Channel> =
            switch transport {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port), .tls(let host, let port):
                bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
            }
        future.assumeIsolated().whenFailure { self.end("\($0)") }
    }

    /// Sends commands in one go; each reply comes to `answered`, unless the connection ends first.
    func send(_ commands: [[String]], answered: @escaping (Int, RedisValue) -> Void) {
        guard !isClosed, let channel, awaited.count + commands.count <= Self.mostAwaited else {
            return end("too many commands without a reply")
        }
        var buffer = channel.allocator.buffer(capacity: 1024)
        for (place, command) in commands.enumerated() {
            buffer.writeBytes(RedisCommand.bytes(command))
            awaited.append { answered(place, $0) }
        }
        channel.writeAndFlush(buffer, promise: nil)
    }

    /// Closes it; nobody is told.
    func close() {
        ended = { _ in }
        end("closed")
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !isClosed else { return context.close(promise: nil) }
        channel = context.channel
        ready()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try unsafe unwrapInboundIn(data).withUnsafeReadableBytes { unsafe try reader.feed($0) }
            while !isClosed, let value = try reader.next() {
                guard !awaited.isEmpty else { return end("a reply to nothing") }
                awaited.removeFirst()(value)
            }
        } catch {
            end("not a reply of Redis")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end("the connection was closed")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end("\(error)")
    }

    private func end(_ reason: String) {
        guard !isClosed else { return }
        isClosed = true
        awaited = []
        channel?.close(promise: nil)
        channel = nil
        ended(reason)
    }
}
