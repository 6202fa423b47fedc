/// How far one reader of the event stream has come.
struct EventCursor {
    /// The number of the event that is next.
    private var next: UInt64
    /// What is to be sent before it.
    private var pending: ArraySlice<UInt8>

    /// A reader who has seen everything up to the event of number `after`; `nil`: who wants only what is to come.
    ///
    /// A number that was not given yet is of another life of this process: then everything there is is news.
    init(after: UInt64?, in ring: EventRing) {
        let seen = after ?? ring.newest
        next = seen > ring.newest ? 1 : seen + 1
        // Sent at once, so that the reader sees that it is connected; it shall reconnect within a second.
        pending = ArraySlice("retry: 1000\n\n".utf8)
    }

    /// Has a comment sent, which keeps the connection in use.
    mutating func addComment() {
        pending += ":\n\n".utf8
    }

    /// The next bytes to send, at most `room`; none if there is nothing to tell. Whoever was so slow that events were
    /// lost is told how many, and goes on with the oldest.
    mutating func take(_ room: Int, from ring: EventRing) -> ArraySlice<UInt8> {
        while pending.count < room {
            if next < ring.oldest {
                pending += ": \(ring.oldest - next) events were lost\n\n".utf8
                next = ring.oldest
            }
            guard let frame = ring.frame(next) else { break }
            pending += frame
            next += 1
        }
        let taken = pending.prefix(room)
        pending = pending.dropFirst(taken.count)
        return taken
    }
}
