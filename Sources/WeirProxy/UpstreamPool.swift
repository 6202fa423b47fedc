internal import DequeModule
internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// The connections to one provider, all on the upstream's loop. It knows nothing of calls: it is asked for an idle
/// connection, is told when one is free again, and says when one has become ready or could not be made.
final class UpstreamPool {
    private var settings: PoolSettings
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

    /// Where its connections lead.
    var place: UpstreamPlace { connector.place }

    /// Keeps to other figures from now on, and to the trust roots of the same place as they are now. Of the idle
    /// connections those go that the cap has no room for.
    func follow(_ settings: PoolSettings, _ place: UpstreamPlace, timeout: TimeSpan, now: Instant) {
        self.settings = settings
        connector.follow(place, timeout: timeout, addressLifetime: settings.dnsTTL)
        while active + idle.count > settings.maxConnections, let oldest = idle.popFirst() { oldest.close() }
        for connection in idle { connection.becomeIdle(for: settings.idleTimeout, now: now) }
    }

    /// Whether a connection is ready; a `fresh` one has not served yet.
    func isReady(fresh: Bool) -> Bool {
        fresh ? idle.contains { $0.isFresh } : !idle.isEmpty
    }

    /// Connections in use, and ready ones.
    var counts: (active: Int, idle: Int) { (active, idle.count) }

    /// Takes the connection that was used last; a `fresh` one has not served yet.
    func takeIdle(fresh: Bool) -> UpstreamConnection? {
        guard let place = fresh ? idle.lastIndex(where: \.isFresh) : idle.indices.last else { return nil }
        active += 1
        return place == idle.indices.last ? idle.removeLast() : idle.remove(at: place)
    }

    /// Has at least `wanted` connections idle or on their way, within the cap.
    func prepare(_ wanted: Int) {
        let missing = min(wanted - idle.count - connecting, room)
        guard missing > 0, !isClosed else { return }
        for _ in 0..<missing { connect() }
    }

    /// Has at least `wanted` fresh connections idle or on their way. Idle ones that have served give way to them where the
    /// cap leaves no room.
    func prepareFresh(_ wanted: Int) {
        guard !isClosed else { return }
        let missing = wanted - connecting - idle.count { $0.isFresh }
        guard missing > 0 else { return }
        for _ in 0..<missing {
            if room <= 0, let oldest = idle.firstIndex(where: { !$0.isFresh }) { idle.remove(at: oldest).close() }
            guard room > 0 else { return }
            connect()
        }
    }

    /// A connection that `prepare` asked for is there.
    func connected(_ connection: UpstreamConnection, now: Instant) {
        connecting -= 1
        keep(connection, now: now)
        whenReady()
    }

    /// A connection that `prepare` asked for could not be made.
    func failed(_ code: FailureCode) {
        connecting -= 1
        connector.failed(code)
        guard !isClosed else { return }
        whenFailed(code)
    }

    /// A connection has done its exchange and may be used again. Whoever puts it back calls `whenReady` once the call
    /// that had it is done.
    func putBack(_ connection: UpstreamConnection, now: Instant) {
        active -= 1
        keep(connection, now: now)
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

    /// Closes every idle connection, and each other one as soon as it is idle. Nobody is told of anything any more.
    func close() {
        isClosed = true
        whenReady = {}
        whenFailed = { _ in }
        let all = idle
        idle.removeAll()
        for connection in all { connection.close() }
    }

    private var room: Int { settings.maxConnections - active - idle.count - connecting }

    private func connect() {
        connecting += 1
        connector.connect(pool: self)
    }

    private func keep(_ connection: UpstreamConnection, now: Instant) {
        guard !isClosed else { return connection.close() }
        idle.append(connection)
        connection.becomeIdle(for: settings.idleTimeout, now: now)
    }
}
