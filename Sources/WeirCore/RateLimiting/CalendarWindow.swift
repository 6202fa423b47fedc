/// The figures of a calendar window: no interval aligned to a multiple of `per` in UTC ever holds more than its room.
///
/// What is sent at wall time w counts in every window that [w − margin, w + margin] touches; the window that begins at
/// b holds what is sent in [b − margin, b + per + margin). The log keeps monotonic stamps for as long as any setting of
/// the wall clock could make them count, so when the clock is set they are read anew: nothing is forgotten or locked
/// out. It holds at most 2,048 entries; windows of more units tell moments apart by a 1,024th of their length, never
/// across the end of a window, which costs nothing unless the clock is set.
struct CalendarWindow: Hashable, Sendable {
    private let per: TimeSpan
    private let margin: TimeSpan
    /// How long a unit may count, wherever in a window it was sent.
    let reach: TimeSpan
    private let shape: StampLog.Shape

    /// For `capacity` units (at least 1) in each multiple of `per` (at least 1 ns).
    init(capacity: Int, per: TimeSpan, margin: TimeSpan) {
        self.per = max(per, TimeSpan(nanoseconds: 1))
        self.margin = max(margin, .zero)
        reach = self.per + self.margin + self.margin
        shape = StampLog.Shape(capacity: capacity, span: reach, most: 1 << 11)
    }

    /// Units that count at `now`, in the oldest window that a unit sent now would count in.
    func used(_ log: inout StampLog, wallOffset: TimeSpan, now: Instant) -> Int {
        settle(&log, now: now)
        return log.units(since: oldestStamp(at: log.latest + wallOffset) - wallOffset)
    }

    /// The earliest moment, not before `now`, at which `units` fit into `room`. Units beyond it are projected: each
    /// further full window takes one more.
    func earliest(_ log: inout StampLog, units: Int, room: Int, wallOffset: TimeSpan, now: Instant) -> Instant {
        let used = used(&log, wallOffset: wallOffset, now: now)
        if units <= room - used { return now }
        let furtherWindows = (units - 1) / room
        let missing = units - furtherWindows * room + used - room
        var wall = log.latest + wallOffset
        if missing > 0 {
            let oldest = oldestStamp(at: wall) - wallOffset
            wall = afterWindows(of: log.stamp(freeing: missing, since: oldest) + wallOffset)
        }
        if furtherWindows > 0 {
            wall = afterWindows(of: wall) + per * Int64(furtherWindows - 1)
        }
        return wall - wallOffset
    }

    /// Takes `units` at `now`.
    func take(_ log: inout StampLog, units: Int, wallOffset: TimeSpan, now: Instant) {
        settle(&log, now: now)
        let newestStart = start(ofWindowAt: log.latest + wallOffset + margin)
        log.add(units, shape: shape, edge: newestStart - margin - wallOffset)
    }

    /// Gives back units taken at `takenAt`, unless they can never count again.
    func giveBack(_ log: inout StampLog, units: Int, takenAt: Instant, now: Instant) {
        settle(&log, now: now)
        if takenAt + reach > log.latest { log.remove(units, addedAt: takenAt) }
    }

    /// The moment, not before `now`, from which on the log is as good as empty.
    func fullAgain(_ log: inout StampLog, now: Instant) -> Instant {
        settle(&log, now: now)
        return log.newest.map { max(now, $0 + reach) } ?? now
    }

    /// Forgets what can never count again after `now`.
    func settle(_ log: inout StampLog, now: Instant) {
        log.advance(to: now, dropping: reach)
    }

    /// The earliest wall time whose units count in a window that `wall` counts in.
    private func oldestStamp(at wall: Instant) -> Instant {
        start(ofWindowAt: wall - margin) - margin
    }

    /// The earliest wall time that counts in no window that `wall` counts in.
    private func afterWindows(of wall: Instant) -> Instant {
        start(ofWindowAt: wall + margin) + per + margin
    }

    private func start(ofWindowAt wall: Instant) -> Instant {
        let remainder = wall.nanoseconds % per.nanoseconds
        let start = wall - TimeSpan(nanoseconds: remainder)
        return remainder < 0 ? start - per : start
    }
}
