package import NIOCore
import NIOPosix
import Synchronization

/// A server for tests on real sockets: it records everything that reaches it and answers by a script.
///
/// It reads HTTP/1.1 without judging it. It stops with `stop()`, or when it is let go: a test that has no more use
/// for the object itself still holds it by ending with `stop()`.
package final class ScriptedUpstream: Sendable {
    /// Decides what to do about a request.
    package typealias Script = @Sendable (RecordedRequest) -> ScriptedReply

    /// When the script is asked.
    package enum Moment: Sendable {
        /// At the end of the head: an answer may overtake the body.
        case atHead
        /// When the whole request has been read.
        case atEnd
    }

    /// How many bytes of a body, and of a connection, are kept in the record.
    package static let keptBytes = 1 << 20

    /// Where it listens.
    package let endpoint: SocketEndpoint

    private let listener: any Channel
    private let core: UpstreamCore

    private init(listener: any Channel, endpoint: SocketEndpoint, core: UpstreamCore) {
        self.listener = listener
        self.endpoint = endpoint
        self.core = core
    }

    deinit {
        listener.close(promise: nil)
        core.closeConnections()
    }

    /// Starts listening.
    ///
    /// - Parameters:
    ///   - endpoint: Where; port 0, the default, takes a free one.
    ///   - moment: When the script is asked.
    ///   - script: The answers; can be replaced with `setScript`.
    ///   - configure: Adds handlers before the upstream's own, TLS for one; on the loop of the connection.
    package static func start(
        on endpoint: SocketEndpoint = .loopback(0), answering moment: Moment = .atEnd,
        script: @escaping Script = { _ in .respond(200, body: "ok") },
        configure: (@Sendable (any Channel) throws -> Void)? = nil
    ) async throws -> ScriptedUpstream {
        let core = UpstreamCore(script: script, moment: moment)
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try configure?(channel)
                    try channel.pipeline.syncOperations.addHandler(ScriptedUpstreamHandler(core: core))
                    core.adopt(channel)
                }
            }
        switch endpoint {
        case .tcp(let host, let port):
            let listener = try await bootstrap.bind(host: host, port: port).get()
            let bound = SocketEndpoint.tcp(host: host, port: listener.localAddress?.port ?? port)
            return ScriptedUpstream(listener: listener, endpoint: bound, core: core)
        case .unix(let path):
            let listener = try await bootstrap.bind(
                unixDomainSocketPath: path, cleanupExistingSocketFile: true
            ).get()
            return ScriptedUpstream(listener: listener, endpoint: endpoint, core: core)
        }
    }

    /// The port; 0 on a unix socket.
    package var port: Int { endpoint.port ?? 0 }

    /// Everything seen so far.
    package var record: UpstreamRecord { core.record.value }

    /// The requests whose heads were read, in that order.
    package var requests: [RecordedRequest] { record.requests }

    /// Replaces the script for the requests from now on.
    package func setScript(_ script: @escaping Script) {
        core.script.withLock { $0 = script }
    }

    /// Stops reading on every connection that is open now: the other side feels back-pressure.
    package func pauseReading() { core.setReading(false) }

    /// Reads again on every connection that is open now.
    package func resumeReading() { core.setReading(true) }

    /// Waits until `count` requests, counted from the start, have been read to their end.
    ///
    /// - Returns: The requests.
    /// - Throws: `DeadlineExceeded`, with what was seen.
    @discardableResult
    package func waitForRequests(_ count: Int, within limit: Duration = .seconds(5)) async throws -> [RecordedRequest] {
        try await wait(for: "\(count) requests", within: limit) { $0.completeRequests >= count }
        return requests
    }

    /// Waits until the record is as wanted: connections closed, heads read, bytes sent.
    ///
    /// - Throws: `DeadlineExceeded`, with what was seen.
    package func wait(
        for what: String, within limit: Duration = .seconds(5),
        until condition: @escaping @Sendable (UpstreamRecord) -> Bool
    ) async throws {
        try await core.record.wait(until: condition, within: limit, waitingFor: what) { $0.description }
    }

    /// Closes every open connection, and listens on.
    package func closeConnections() { core.closeConnections() }

    /// Stops listening and closes every connection. Its port is refused from then on.
    package func stop() async {
        // What is closed already is as good.
        try? await listener.close()
        core.closeConnections()
    }
}
