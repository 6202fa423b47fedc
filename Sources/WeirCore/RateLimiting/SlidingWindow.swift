internal import DequeModule

/// An exact sliding window: a log of stamps, one entry for each instant at which something was admitted.
///
/// No half-open interval of length `span` ever holds more than `capacity` units: a unit admitted at t stops counting
/// at t + span. Memory is one entry of 16 bytes per admission in the window, at most `capacity` of them.
public struct SlidingWindow: Sendable {
    private struct Entry {
        let stamp: Instant
        /// Units admitted up to and with this entry, since the window was made.
        var total: Int64
    }

    /// The most units in the window.
    public let capacity: Int
    /// How long a unit counts: the promised length and the margin.
    public let span: TimeSpan

    private var entries: Deque<Entry> = []
    private var total: Int64 = 0
    private var expired: Int64 = 0
    private var latest = Instant(nanoseconds: .min)

    /// An empty window for `capacity` units (at least 1) per `span`.
    public init(capacity: Int, span: TimeSpan) {
        self.capacity = max(1, capacity)
        self.span = span
    }

    /// Units that count at `now`.
    public mutating func used(now: Instant) -> Int {
        advance(to: now)
        return Int(total &- expired)
    }

    /// The earliest moment, not before `now`, at which `units` fit. Units beyond `capacity` are projected: each further
    /// full window takes one `span` more.
    public mutating func earliest(units: Int, now: Instant) -> Instant {
        advance(to: now)
        let used = Int(total &- expired)
        if units <= capacity - used { return latest }
        let furtherWindows = (units - 1) / capacity
        let inWindow = units - furtherWindows * capacity
        let missing = inWindow - (capacity - used)
        let base = missing <= 0 ? latest : stamp(freeing: Int64(missing)) + span
        return base + span * Int64(furtherWindows)
    }

    /// Takes `units` at `now`. The caller has asked `earliest` first, with the same `now`.
    public mutating func take(units: Int, now: Instant) {
        advance(to: now)
        total &+= Int64(units)
        if let last = entries.indices.last, entries[last].stamp == latest {
            entries[last].total = total
        } else {
            entries.append(Entry(stamp: latest, total: total))
        }
    }

    private mutating func advance(to now: Instant) {
        latest = max(latest, now)
        while let oldest = entries.first, oldest.stamp + span <= latest {
            expired = oldest.total
            entries.removeFirst()
        }
    }

    /// The stamp of the entry with whose expiry at least `units` have become free.
    private func stamp(freeing units: Int64) -> Instant {
        let goal = expired &+ units
        var low = entries.startIndex
        var high = entries.endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].total < goal { low = middle + 1 } else { high = middle }
        }
        return low < entries.endIndex ? entries[low].stamp : latest
    }
}
