import NIOCore
import NIOPosix

/// A TCP or unix client that sends what it is told, byte by byte, and reads no more than it is asked for.
///
/// It belongs to one task at a time. It reads only while a call of it waits for bytes, so that the peer feels
/// back-pressure otherwise. Every wait has a deadline; its error says what had come until then. The connection
/// closes with `close()`, or when the client is let go.
package final class RawClient: Sendable {
    /// How a connection ended before what was asked for had come.
    package struct Ended: Error, CustomStringConvertible {
        package let description: String
    }

    private let channel: any Channel
    private let inbox: Observed<ClientInbox>

    /// The default of every deadline.
    package static let patience = Duration.seconds(5)

    private init(channel: any Channel, inbox: Observed<ClientInbox>) {
        self.channel = channel
        self.inbox = inbox
    }

    deinit {
        channel.close(promise: nil)
    }

    /// Connects, or throws what NIO says when nobody answers within `limit`.
    package static func connect(
        to endpoint: SocketEndpoint, within limit: Duration = patience
    ) async throws -> RawClient {
        let inbox = Observed(ClientInbox())
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(TimeAmount(limit))
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientInboxHandler(inbox))
                }
            }
        let channel =
            switch endpoint {
            case .tcp(let host, let port): try await bootstrap.connect(host: host, port: port).get()
            case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
            }
        return RawClient(channel: channel, inbox: inbox)
    }

    /// Connects to a port of 127.0.0.1.
    package static func connect(port: Int) async throws -> RawClient {
        try await connect(to: .loopback(port))
    }

    /// The client's own port; `nil` on a unix socket.
    package var localPort: Int? { channel.localAddress?.port }

    /// How many bytes the kernel has taken of what was sent.
    package var bytesSent: Int { inbox.value.bytesSent }

    /// How the connection ended: `closed`, or the error that broke it (a reset, say); `nil` while it is open, as
    /// far as this client has read.
    package var ending: String? { inbox.value.end }

    /// Sends bytes; returns when the kernel has taken all of them.
    package func send(_ bytes: [UInt8], within limit: Duration = patience) async throws {
        let goal = inbox.change { inbox in
            inbox.bytesQueued += bytes.count
            return inbox.bytesQueued
        }
        // In pieces, so that `bytesSent` shows how far a peer that stopped reading let it come.
        for start in stride(from: 0, to: bytes.count, by: 16_384) {
            let piece = ByteBuffer(bytes: bytes[start..<min(start + 16_384, bytes.count)])
            let size = piece.readableBytes
            channel.writeAndFlush(piece).whenComplete { [inbox] result in
                inbox.change { inbox in
                    switch result {
                    case .success: inbox.bytesSent += size
                    case .failure(let error): inbox.sendFailure = inbox.sendFailure ?? "\(error)"
                    }
                }
            }
        }
        try await withDeadline(limit, waitingFor: "the peer to take \(bytes.count) bytes", seen: seen) { [inbox] in
            try await inbox.next { inbox in
                if let failure = inbox.sendFailure { throw Ended(description: "sending failed: \(failure)") }
                return inbox.bytesSent >= goal ? () : nil
            }
        }
    }

    /// Sends text.
    package func send(_ text: String, within limit: Duration = patience) async throws {
        try await send(Array(text.utf8), within: limit)
    }

    /// Reads a response to its end. Interim responses (1xx but 101) before it are kept in its `interim`; after a
    /// 101, which has no body, go on with `readSome` and `readUntilClose`.
    ///
    /// - Parameter headRequest: Whether it answers a HEAD, and so has no body whatever its fields say.
    /// - Throws: `Ended` when the connection ends first, `DeadlineExceeded`, or `MessageScanner.Malformed`.
    package func readResponse(headRequest: Bool = false, within limit: Duration = patience) async throws
        -> RawResponse
    {
        try await withDeadline(limit, waitingFor: "a response", seen: seen) { [inbox, channel] in
            try await inbox.next(between: { channel.read() }) { try $0.takeResponse(headRequest: headRequest) }
        }
    }

    /// Reads the head of a response, interim or not, and leaves its body unread: the rest comes with `readSome`
    /// or `readUntilClose`, as on the wire.
    package func readHead(within limit: Duration = patience) async throws -> RawResponse {
        try await withDeadline(limit, waitingFor: "a response head", seen: seen) { [inbox, channel] in
            try await inbox.next(between: { channel.read() }) { try $0.takeHead() }
        }
    }

    /// Reads what there is, at least one byte; nothing once the peer has closed.
    package func readSome(within limit: Duration = patience) async throws -> [UInt8] {
        try await withDeadline(limit, waitingFor: "a byte", seen: seen) { [inbox, channel] in
            try await inbox.next(between: { channel.read() }) { inbox in
                inbox.bytes.readableBytes > 0 || inbox.end != nil ? inbox.takeAll() : nil
            }
        }
    }

    /// Reads until the peer has closed, and gives all that came, as on the wire.
    package func readUntilClose(within limit: Duration = patience) async throws -> [UInt8] {
        try await withDeadline(limit, waitingFor: "the peer to close", seen: seen) { [inbox, channel] in
            try await inbox.next(between: { channel.read() }) { $0.end == nil ? nil : $0.takeAll() }
        }
    }

    /// Watches for this long that the peer neither sends a byte nor closes.
    ///
    /// - Throws: `Ended` when it does.
    package func expectSilence(for time: Duration) async throws {
        do {
            try await withDeadline(time, waitingFor: "nothing", seen: { "" }) { [inbox, channel] in
                try await inbox.next(between: { channel.read() }) { inbox in
                    inbox.bytes.readableBytes > 0 || inbox.end != nil ? () : nil
                }
            }
        } catch is DeadlineExceeded {
            return
        }
        throw Ended(description: "expected silence, but: \(seen())")
    }

    /// Says that no more will be sent; reading goes on.
    package func halfClose() async throws {
        try await channel.close(mode: .output)
    }

    /// Closes. What is closed already stays so.
    package func close() async {
        channel.close(promise: nil)
        // It is closed either way.
        try? await channel.closeFuture.get()
    }

    /// Closes with a TCP reset, as a peer that crashed.
    package func reset() async throws {
        try await channel.eventLoop.flatSubmit { [channel] in channel.reset() }.get()
    }

    private func seen() -> String { inbox.value.description }
}
