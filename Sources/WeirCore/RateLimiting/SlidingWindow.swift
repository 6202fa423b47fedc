/// The figures of an exact sliding window: no half-open interval of length `span` ever holds more than its room.
///
/// A unit sent at t stops counting at t + span. Memory is 16 bytes per moment at which something was sent, and at
/// most 4 MiB; from 262,144 units per window on, a unit counts for up to span / 131,072 longer.
struct SlidingWindow: Hashable, Sendable {
    /// How long a unit counts: the promised length and the margin.
    let span: TimeSpan
    private let shape: StampLog.Shape

    /// For `capacity` units (at least 1) per `span` (at least 1 ns).
    init(capacity: Int, span: TimeSpan) {
        self.span = max(span, TimeSpan(nanoseconds: 1))
        shape = StampLog.Shape(capacity: capacity, span: self.span, most: 1 << 18)
    }

    /// The earliest moment, not before `now`, at which `units` fit into `room`. Units beyond it are projected: each
    /// further full window takes one `span` more.
    func earliest(_ log: inout StampLog, units: Int, room: Int, now: Instant) -> Instant {
        settle(&log, now: now)
        let used = log.units
        if units <= room - used { return now }
        let furtherWindows = (units - 1) / room
        let missing = units - furtherWindows * room + used - room
        let base = missing <= 0 ? log.latest : log.stamp(freeing: missing) + span
        return base + span * Int64(furtherWindows)
    }

    /// Whether `units` fit into `room` at `now`; nil where the log has to be settled to tell.
    @inline(__always)
    func admits(_ log: borrowing StampLog, units: Int, room: Int, now: Instant) -> Bool? {
        // What is to be dropped only makes more room.
        if units <= room - log.units { return true }
        return log.holds(dropping: span, at: now) ? false : nil
    }

    /// Takes `units` at `now`.
    func take(_ log: inout StampLog, units: Int, now: Instant) {
        settle(&log, now: now)
        log.add(units, shape: shape)
    }

    /// Gives back units taken at `takenAt`, unless they have stopped counting.
    func giveBack(_ log: inout StampLog, units: Int, takenAt: Instant, now: Instant) {
        settle(&log, now: now)
        if takenAt + span > log.latest { log.remove(units, addedAt: takenAt) }
    }

    /// The moment, not before `now`, from which on the log is as good as empty.
    func fullAgain(_ log: inout StampLog, now: Instant) -> Instant {
        settle(&log, now: now)
        return log.newest.map { max(now, $0 + span) } ?? now
    }

    /// Forgets what has stopped counting by `now`.
    func settle(_ log: inout StampLog, now: Instant) {
        log.advance(to: now, dropping: span)
    }
}
