package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A third party for the demonstration: an HTTP exchange that enforces a quota exactly, tells how much of it
/// remains, takes a few milliseconds for each answer, and fails on a schedule.
///
/// Its memory is bounded: at most 1024 connections, request bodies are not kept, the quota's log is a ring.
package final class SimulatedExchange: Sendable {
    /// The port that it listens on.
    package let port: Int

    private let listener: any Channel
    private let connections: OpenConnections
    private let books: SharedBooks

    /// The books, asked by the connections of every loop.
    private final class SharedBooks: Sendable {
        let books: Mutex<ExchangeBooks>

        init(_ books: ExchangeBooks) {
            self.books = Mutex(books)
        }

        func answer(method: String, target: String, wall: Int64) -> ExchangeAnswer {
            // The time is read under the lock: two loops must not hand in their times in the wrong order.
            books.withLock { $0.answer(method: method, target: target, at: .now(), wall: wall) }
        }
    }

    private init(listener: any Channel, port: Int, connections: OpenConnections, books: SharedBooks) {
        self.listener = listener
        self.port = port
        self.connections = connections
        self.books = books
    }

    /// Starts listening; the schedule of faults counts from here.
    ///
    /// - Parameters:
    ///   - group: The loops that serve it.
    ///   - host: The address to listen on.
    ///   - port: The port; 0 takes a free one.
    ///   - quota: What it enforces over all paths together.
    ///   - faults: When order creation fails.
    /// - Throws: When the address cannot be had.
    package static func start(
        on group: any EventLoopGroup, host: String = "127.0.0.1", port: Int = 0,
        quota: ExchangeQuota = ExchangeQuota(), faults: FaultSchedule
    ) async throws -> SimulatedExchange {
        let connections = OpenConnections(most: 1024)
        let books = SharedBooks(ExchangeBooks(quota: quota, faults: faults, start: .now()))
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.add(channel) else { throw ChannelError.operationUnsupported }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(
                        ExchangeHandler { books.answer(method: $0, target: $1, wall: $2) })
                }
            }
            .bind(host: host, port: port)
            .get()
        return SimulatedExchange(
            listener: listener, port: listener.localAddress?.port ?? port, connections: connections, books: books)
    }

    /// What it has seen so far.
    package var report: ExchangeReport { books.books.withLock { $0.report } }

    /// Stops listening and closes every connection; returns when all are closed.
    package func stop() async {
        // Closing what is closed already fails, which is as good.
        try? await listener.close()
        await connections.closeAll()
    }
}
