internal import DequeModule
internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// The connections to one provider, all on the upstream's loop. It knows nothing of calls: it is asked for an idle
/// connection, is told when one is free again, and says when one has become ready or could not be made.
final class UpstreamPool {
    private let settings: PoolSettings
    private let connector: UpstreamConnector
    /// The one used last is used next, so that those a quiet time needs less fall idle and go.
    private var idle: Deque<UpstreamConnection> = []
    private var active = 0
    private var connecting = 0
    private var isClosed = false

    /// A connection has become ready.
    var whenReady: () -> Void = {}
    /// A connection could not be made.
    var whenFailed: (FailureCode) -> Void = { _ in }

    init(settings: PoolSettings, connector: UpstreamConnector) {
        self.settings = settings
        self.connector = connector
    }

    /// Whether a connection is ready.
    var isReady: Bool { !idle.isEmpty }

    /// Connections in use, and ready ones.
    var counts: (active: Int, idle: Int) { (active, idle.count) }

    /// Takes the connection that was used last.
    func takeIdle() -> UpstreamConnection? {
        guard let connection = idle.popLast() else { return nil }
        active += 1
        return connection
    }

    /// Has at least `wanted` connections idle or on their way, within the cap.
    func prepare(_ wanted: Int) {
        let room = settings.maxConnections - active - idle.count - connecting
        let missing = min(wanted - idle.count - connecting, room)
        guard missing > 0, !isClosed else { return }
        for _ in 0..<missing {
            connecting += 1
            connector.connect(pool: self)
        }
    }

    /// A connection that `prepare` asked for is there.
    func connected(_ connection: UpstreamConnection) {
        connecting -= 1
        keep(connection)
        whenReady()
    }

    /// A connection that `prepare` asked for could not be made.
    func failed(_ code: FailureCode) {
        connecting -= 1
        guard !isClosed else { return }
        whenFailed(code)
    }

    /// A connection has done its exchange and may be used again. Whoever puts it back calls `whenReady` once the call
    /// that had it is done.
    func putBack(_ connection: UpstreamConnection) {
        active -= 1
        keep(connection)
    }

    /// A connection in use has gone.
    func lostActive() {
        active -= 1
        whenReady()
    }

    /// An idle connection has gone.
    func lostIdle(_ connection: UpstreamConnection) {
        idle.removeAll { $0 === connection }
    }

    /// Closes every idle connection, and each other one as soon as it is idle.
    func close() {
        isClosed = true
        let all = idle
        idle.removeAll()
        for connection in all { connection.close() }
    }

    private func keep(_ connection: UpstreamConnection) {
        guard !isClosed else { return connection.close() }
        idle.append(connection)
        connection.becomeIdle(for: settings.idleTimeout)
    }
}
