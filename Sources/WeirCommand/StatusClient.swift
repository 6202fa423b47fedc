#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import NIOCore
internal import NIOPosix
internal import WeirSidecar

/// Asks an admin endpoint for its `/status`.
enum StatusClient {
    /// Why there is no status.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The longest time that an answer may take, connecting included.
    private static let patience = TimeAmount.seconds(5)

    /// The status of now.
    ///
    /// - Throws: `Failure`, or what connecting throws.
    static func fetch(_ address: StatusAddress) async throws -> StatusReport {
        let answer = try await exchange(address)
        let head = answer.firstRange(of: Array("\r\n\r\n".utf8))
        guard let head, answer.starts(with: "HTTP/1.".utf8) else {
            throw Failure(description: "the answer is not HTTP")
        }
        let lines = String(decoding: answer[..<head.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first
        let body = Array(answer[head.upperBound...])
        guard status == "200" else {
            let reason = String(decoding: body.prefix(200), as: UTF8.self).filter { $0 != "\n" }
            throw Failure(description: "status \(status ?? "?") \(StatusText.printable(reason))")
        }
        guard let report = StatusReport(json: body) else {
            throw Failure(description: "the answer is no status of a Weir, or was cut short")
        }
        return report
    }

    private static func exchange(_ address: StatusAddress) async throws -> [UInt8] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: [UInt8].self)
        // An answer of HTTP/1.0 ends with the connection, and comes in one piece.
        let request = ByteBuffer(
            string: "GET /status HTTP/1.0\r\nHost: \(address.authority)\r\nAccept: application/json\r\n\r\n")
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(patience).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AnswerCollector(request: request, answer: answer))
            }
        }
        let connecting =
            switch address {
            case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        let timer = loop.scheduleTask(in: patience) {
            answer.fail(Failure(description: "no answer within \(patience.nanoseconds / 1_000_000_000) s"))
        }
        connecting.whenFailure { answer.fail(Failure(description: reason($0))) }
        defer {
            timer.cancel()
            connecting.whenSuccess { $0.close(promise: nil) }
        }
        return try await answer.futureResult.get()
    }

    /// The error of a connect in words: that of its first address where there are several.
    private static func reason(_ error: any Error) -> String {
        let first = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        switch (first as? IOError)?.errnoCode {
        case ECONNREFUSED: return "connection refused"
        case ENOENT: return "there is no such socket"
        default: return "\(first)"
        }
    }
}

/// Sends a request and collects all that comes until the end.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let longest = 64 << 20
    private let request: ByteBuffer
    private let answer: EventLoopPromise<[UInt8]>
    private var bytes: [UInt8] = []

    init(request: ByteBuffer, answer: EventLoopPromise<[UInt8]>) {
        self.request = request
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        if bytes.count > Self.longest {
            answer.fail(StatusClient.Failure(description: "the answer is too long"))
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.succeed(bytes)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
