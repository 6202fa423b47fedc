/// What is known of the server's clock: how far it is ahead of the local one at the least.
///
/// Every answer gives a lower bound, since it was stamped before it came. The best of the last few seconds counts:
/// clocks do not drift by a millisecond in that time.
struct ServerClock: Sendable {
    private static let generation = TimeSpan.seconds(2)

    private var current: Int64?
    private var previous: Int64?
    private var since = Instant(nanoseconds: .min)

    /// Whether anything is known.
    var isKnown: Bool { current != nil || previous != nil }

    /// Notes that the server's clock showed `server` (µs) before `now`.
    mutating func note(server: Int64, now: Instant) {
        if now - since > Self.generation {
            (previous, current, since) = (current, nil, now)
        }
        let bound = server - now.nanoseconds / 1000
        current = max(current ?? bound, bound)
    }

    /// Forgets all: the server is another one, or its clock was set.
    mutating func forget() {
        self = ServerClock()
    }

    /// The server's time at a local moment, or earlier; 0 where nothing is known.
    func time(at moment: Instant) -> Int64 {
        guard let bound = [current, previous].compactMap(\.self).max() else { return 0 }
        return moment.nanoseconds / 1000 + bound
    }
}
