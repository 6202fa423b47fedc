import Synchronization

/// The readers of the event stream. libmicrohttpd asks for each reader's next bytes when its socket can take some;
/// when there are none, its connection is suspended until there is news.
final class EventStreams: Sendable {
    /// What a reader is given.
    enum Portion {
        /// These bytes.
        case bytes(ArraySlice<UInt8>)
        /// Nothing: its connection has been suspended.
        case later
        /// Nothing any more.
        case end
    }

    private struct Reader {
        let connection: MicroHTTPConnection
        var cursor: EventCursor
        /// When it was last given something.
        var lastSent: ContinuousClock.Instant
        var isSuspended = false
        /// Whether its client has gone.
        var hasGone = false
    }

    private struct State {
        var readers: [UInt64: Reader] = [:]
        var nextReader: UInt64 = 0
        var isWaking = false
        var isStopping = false

        /// The only place where a suspended stream is resumed, which libmicrohttpd allows exactly once.
        mutating func resume(_ number: UInt64) {
            guard let reader = readers[number], reader.isSuspended else { return }
            readers[number]?.isSuspended = false
            reader.connection.resume()
        }

        mutating func resumeAll() {
            for number in Array(readers.keys) {
                resume(number)
            }
        }
    }

    private let feed: EventFeed
    private let most: Int
    private let quiet: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - most: the most readers.
    ///   - quiet: a comment is sent when there was nothing to send for so long.
    init(feed: EventFeed, most: Int, quiet: Duration) {
        self.feed = feed
        self.most = most
        self.quiet = quiet
        feed.onNews { [weak self] in self?.wakeSoon() }
    }

    deinit {
        feed.onNews(nil)
    }

    /// Takes in a reader who has seen everything up to `after`. Its number; `nil` if there are too many.
    func open(_ connection: MicroHTTPConnection, after: UInt64?) -> UInt64? {
        let cursor = feed.cursor(after: after)
        return state.withLock { state in
            guard !state.isStopping, state.readers.count < most else { return nil }
            state.nextReader += 1
            state.readers[state.nextReader] = Reader(connection: connection, cursor: cursor, lastSent: .now)
            return state.nextReader
        }
    }

    /// What a reader is given next, on the daemon's thread.
    func next(_ reader: UInt64, room: Int) -> Portion {
        state.withLock { state in
            guard !state.isStopping, var entry = state.readers[reader], !entry.hasGone else { return .end }
            defer { state.readers[reader] = entry }
            let bytes = feed.take(room, for: &entry.cursor)
            if bytes.isEmpty {
                entry.isSuspended = true
                entry.connection.suspend()
                return .later
            }
            entry.lastSent = .now
            return .bytes(bytes)
        }
    }

    /// A reader's connection is about to be closed.
    func close(_ reader: UInt64) {
        state.withLock { $0.readers[reader] = nil }
    }

    /// Has comments sent to those who heard nothing for long, and lets those go whose clients have gone, which nobody
    /// notices while they are suspended.
    func sweep(now: ContinuousClock.Instant) {
        state.withLock { state in
            for (number, reader) in state.readers where reader.isSuspended {
                if reader.connection.hasHungUp {
                    state.readers[number]?.hasGone = true
                    state.resume(number)
                } else if reader.lastSent + quiet <= now {
                    state.readers[number]?.cursor.addComment()
                    state.resume(number)
                }
            }
        }
    }

    /// Ends every stream; no connection is suspended from here on.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.resumeAll()
        }
    }

    /// There is news. Resuming is left to a worker, since this may be a call's own thread.
    private func wakeSoon() {
        let isFirst = state.withLock { state in
            guard !state.isWaking, state.readers.contains(where: \.value.isSuspended) else { return false }
            state.isWaking = true
            return true
        }
        guard isFirst else { return }
        Task {
            self.state.withLock { state in
                state.isWaking = false
                state.resumeAll()
            }
        }
    }
}
