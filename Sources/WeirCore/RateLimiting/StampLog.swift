internal import DequeModule

/// What was sent and when: one entry for each moment at which something was, oldest first.
///
/// Entries hold running totals, so what went before or after a moment is a difference, and dropping an entry
/// counts its units with the next, later one: they are forgotten later than they might be, never sooner.
struct StampLog: Sendable {
    /// How many entries a log may hold and how finely it tells moments apart.
    struct Shape: Hashable, Sendable {
        /// The most entries; what is added to a full log counts with the newest one.
        let bound: Int
        /// Additions closer together than this may share an entry; 0: only those of one moment.
        let quantum: TimeSpan

        /// For `capacity` units within `span`: exact where at most `most` entries suffice; else each unit counts up to
        /// 2 × `span` / `most` longer than it would. A log that is used above its capacity keeps at least 1,024.
        init(capacity: Int, span: TimeSpan, most: Int) {
            bound = min(max(capacity, 1024), most)
            quantum = capacity <= most ? .zero : TimeSpan(nanoseconds: span.nanoseconds / Int64(most / 2))
        }
    }

    private struct Entry {
        let stamp: Instant
        /// Units added up to and with this entry; counts on from `gone`, modulo 2⁶⁴.
        var total: Int64
    }

    /// More than any sum of units, so that totals can be told apart.
    private static let ceiling: Int64 = 1 << 61

    private var entries: Deque<Entry> = []
    /// The total of the newest entry that was dropped.
    private var gone: Int64 = 0
    /// Up to when everything has been dropped.
    private var horizon = Instant(nanoseconds: .min)
    /// The latest moment it was told: time going backwards stands still instead.
    private(set) var latest = Instant(nanoseconds: .min)

    /// Whether it holds no unit.
    var isEmpty: Bool { entries.isEmpty }

    /// When the newest of its units were sent.
    var newest: Instant? { entries.last?.stamp }

    /// All units it holds.
    var units: Int { Int((entries.last?.total ?? gone) &- gone) }

    /// Goes on to `now`, unless it is there already, and drops what was sent `span` ago or earlier.
    mutating func advance(to now: Instant, dropping span: TimeSpan) {
        latest = max(latest, now)
        let limit = latest - span
        while let oldest = entries.first, oldest.stamp <= limit {
            (gone, horizon) = (oldest.total, oldest.stamp)
            entries.removeFirst()
        }
    }

    /// Whether `advance` would drop nothing.
    @inline(__always)
    borrowing func holds(dropping span: TimeSpan, at now: Instant) -> Bool {
        guard let oldest = entries.first else { return true }
        return oldest.stamp > max(latest, now) - span
    }

    /// The units sent at `moment` or later.
    func units(since moment: Instant) -> Int {
        Int((entries.last?.total ?? gone) &- total(before: moment))
    }

    /// The moment up to which `count` units have gone of those sent at `moment` or later; there must be so many.
    func stamp(freeing count: Int, since moment: Instant = Instant(nanoseconds: .min)) -> Instant {
        let start = total(before: moment)
        if let oldest = entries.first, oldest.total &- start >= count { return oldest.stamp }
        let index = firstIndex { $0.total &- start >= count }
        return index < entries.count ? entries[index].stamp : latest
    }

    /// Adds units at the latest moment. An entry older than `edge` is never merged with a later one, save where the log
    /// is full.
    mutating func add(_ units: Int, shape: Shape, edge: Instant = Instant(nanoseconds: .min)) {
        let held = Int64(self.units)
        let entry = Entry(stamp: latest, total: gone &+ held &+ min(Int64(units), Self.ceiling - held))
        if let last = entries.last, sharesEntry(with: last, shape: shape, edge: edge) {
            entries[entries.count - 1] = entry
        } else {
            entries.append(entry)
        }
    }

    /// Takes out units that were added at `moment`: as many as its entry still holds, none once it has been dropped.
    /// Where time stood still then, the entry may be an older one, which would have gone first.
    mutating func remove(_ units: Int, addedAt moment: Instant) {
        guard moment > horizon else { return }
        let index = firstIndex { $0.stamp >= moment }
        guard index < entries.count else { return }
        let held = entries[index].total &- (index > 0 ? entries[index - 1].total : gone)
        let removed = min(Int64(units), held)
        for later in index..<entries.count {
            entries[later].total &-= removed
        }
        if removed == held { entries.remove(at: index) }
    }

    /// What it holds, oldest first, in at most `most` (at least 1) moments: neighbours are told as the latest of them.
    func entries(most: Int) -> [(stamp: Instant, units: Int)] {
        let each = (entries.count + most - 1) / max(1, most)
        var told: [(stamp: Instant, units: Int)] = []
        var before = gone
        var next = 0
        while next < entries.count {
            let entry = entries[min(next + each, entries.count) - 1]
            if entry.total != before { told.append((entry.stamp, Int(entry.total &- before))) }
            before = entry.total
            next += each
        }
        return told
    }

    private func sharesEntry(with last: Entry, shape: Shape, edge: Instant) -> Bool {
        if last.stamp == latest || entries.count >= shape.bound { return true }
        // Measured from the entry before, so that no two entries in a row span less than the quantum.
        guard shape.quantum > .zero, entries.count > 1, last.stamp >= edge else { return false }
        return latest - entries[entries.count - 2].stamp < shape.quantum
    }

    private func total(before moment: Instant) -> Int64 {
        guard let oldest = entries.first, oldest.stamp < moment else { return gone }
        return entries[firstIndex { $0.stamp >= moment } - 1].total
    }

    /// The first entry from which on `condition` holds, or the count of entries.
    private func firstIndex(where condition: (Entry) -> Bool) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if condition(entries[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
