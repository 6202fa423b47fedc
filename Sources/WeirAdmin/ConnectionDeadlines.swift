/// By when the connections must have got on, beside libmicrohttpd's timeout, which counts inactivity only: one byte
/// every few seconds would hold a connection, and with it one of a bounded number of places, for ever.
struct ConnectionDeadlines {
    private struct Entry {
        let socket: Int32
        var deadline: ContinuousClock.Instant
    }

    private let timeouts: AdminTimeouts
    /// By the identity of the connection.
    private var entries: [UInt: Entry] = [:]

    init(timeouts: AdminTimeouts) {
        self.timeouts = timeouts
    }

    /// Whether there are no connections.
    var isEmpty: Bool { entries.isEmpty }

    /// A connection was opened: its first request is awaited.
    mutating func opened(_ id: UInt, socket: Int32, now: ContinuousClock.Instant) {
        entries[id] = Entry(socket: socket, deadline: now + timeouts.request)
    }

    /// A request has come whole: its answer is gathered and sent.
    mutating func requestReceived(_ id: UInt, now: ContinuousClock.Instant) {
        entries[id]?.deadline = now + timeouts.answer
    }

    /// A request has been answered: the next is awaited.
    mutating func requestCompleted(_ id: UInt, now: ContinuousClock.Instant) {
        entries[id]?.deadline = now + timeouts.request
    }

    /// The connection is about to be closed.
    mutating func closed(_ id: UInt) {
        entries[id] = nil
    }

    /// The sockets of the connections whose deadline has passed.
    func expired(now: ContinuousClock.Instant) -> [Int32] {
        entries.values.filter { $0.deadline <= now }.map(\.socket)
    }
}
