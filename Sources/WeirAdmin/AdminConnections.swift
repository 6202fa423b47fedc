/// The open connections: by when each must have got on, and which gives way when there are too many.
///
/// libmicrohttpd's own timeout counts inactivity only, so that one byte every few seconds would hold a connection for
/// ever; and at its limits it turns the newest away, so that whoever opens connections and does nothing with them locks
/// everybody else out. Here the one that has got nowhere for longest is closed instead.
struct AdminConnections {
    /// How far a connection has come.
    enum Stage {
        /// A request is awaited, or has come in part.
        case asking
        /// A request has come and is answered: if that takes long, it is for the client to take it.
        case sending
        /// A request has come; its answer is gathered, which is not the client's fault.
        case gathering
        /// It is sent events, for as long as its client likes.
        case streaming
    }

    /// A connection that gives way, and its socket.
    struct Victim: Equatable {
        let id: UInt
        let socket: Int32
    }

    private struct Entry {
        let socket: Int32
        let address: [UInt8]
        var stage: Stage
        var since: ContinuousClock.Instant
        /// Whether its socket was shut down already.
        var isGivenUp = false
    }

    private let timeouts: AdminTimeouts
    private let most: Int
    private let mostPerAddress: Int
    /// By the identity of the connection.
    private var entries: [UInt: Entry] = [:]

    /// - Parameters:
    ///   - most: the most connections, at least 1.
    ///   - mostPerAddress: the most of one address, at least 1.
    init(timeouts: AdminTimeouts, most: Int, mostPerAddress: Int) {
        self.timeouts = timeouts
        self.most = most
        self.mostPerAddress = mostPerAddress
    }

    /// Whether there are no connections.
    var isEmpty: Bool { entries.isEmpty }

    /// A connection was opened, by the address of these bytes; none on a unix socket, where all are alike. Returns whose
    /// socket is to be shut down for it, if one must.
    mutating func opened(_ id: UInt, socket: Int32, address: [UInt8], now: ContinuousClock.Instant) -> Victim? {
        defer { entries[id] = Entry(socket: socket, address: address, stage: .asking, since: now) }
        let isCrowdedAddress = !address.isEmpty && count { $0.address == address } >= mostPerAddress
        guard isCrowdedAddress || count(where: { _ in true }) >= most else { return nil }
        let rivals = entries.filter { !$0.value.isGivenUp && (!isCrowdedAddress || $0.value.address == address) }
        // Streams are bounded in number and stay; whose answer is being gathered waits for us.
        let victim =
            rivals.filter { $0.value.stage == .asking || $0.value.stage == .sending }.min(by: Self.isEarlier)
            ?? rivals.filter { $0.value.stage == .gathering }.min(by: Self.isEarlier)
        guard let victim else { return nil }
        entries[victim.key]?.isGivenUp = true
        return Victim(id: victim.key, socket: victim.value.socket)
    }

    /// The connection has come to another stage.
    mutating func moved(_ id: UInt, to stage: Stage, now: ContinuousClock.Instant) {
        entries[id]?.stage = stage
        entries[id]?.since = now
    }

    /// The connection is about to be closed.
    mutating func closed(_ id: UInt) {
        entries[id] = nil
    }

    private static func isEarlier(_ left: (key: UInt, value: Entry), _ right: (key: UInt, value: Entry)) -> Bool {
        left.value.since < right.value.since
    }

    /// How many connections that are still wanted are so.
    private func count(where condition: (Entry) -> Bool) -> Int {
        entries.values.count { !$0.isGivenUp && condition($0) }
    }

    /// The sockets of the connections whose time is up.
    func expired(now: ContinuousClock.Instant) -> [Int32] {
        entries.values.filter { entry in
            switch entry.stage {
            case .asking: entry.since + timeouts.request <= now
            case .sending, .gathering: entry.since + timeouts.answer <= now
            case .streaming: false
            }
        }.map(\.socket)
    }
}
