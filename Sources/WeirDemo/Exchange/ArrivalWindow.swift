package import NIOCore

/// Counts arrivals exactly over a sliding window: no half-open interval of the quota's length ever holds more
/// taken arrivals than the quota says. Arrivals above the quota are refused and do not count.
///
/// Memory is one stamp per unit of the quota, whatever arrives.
package struct ArrivalWindow: Sendable {
    /// What became of one arrival.
    package struct Verdict: Sendable, Equatable {
        /// Whether the arrival was within the quota.
        package let isTaken: Bool
        /// What is left of the quota now, after this arrival.
        package let remaining: Int
        /// When the oldest arrival leaves the window: the next time at which a unit comes back.
        package let nextFree: NIODeadline
    }

    /// The quota that is enforced.
    package let quota: ExchangeQuota
    private var stamps: [NIODeadline] = []
    /// Where the oldest stamp lies once the ring is full.
    private var oldest = 0
    /// How many stamps, from `oldest` on, may still lie within the window.
    private var held = 0
    private var latest = NIODeadline.uptimeNanoseconds(0)

    /// An empty window.
    package init(quota: ExchangeQuota) {
        self.quota = quota
    }

    /// Judges an arrival at `now`. Time that goes backwards is taken as standing still.
    package mutating func arrive(at now: NIODeadline) -> Verdict {
        latest = max(latest, now)
        while held > 0, latest - stamps[oldest] >= quota.per {
            oldest = (oldest + 1) % stamps.count
            held -= 1
        }
        let isTaken = held < quota.requests
        if isTaken {
            append(latest)
        }
        return Verdict(
            isTaken: isTaken,
            remaining: max(0, quota.requests - held),
            nextFree: (held > 0 ? stamps[oldest] : latest) + quota.per)
    }

    /// The ring grows to the size of the quota as it is first used, and no further.
    private mutating func append(_ stamp: NIODeadline) {
        if held == stamps.count {
            stamps.rotateLeft(by: oldest)
            oldest = 0
            stamps.append(stamp)
        } else {
            stamps[(oldest + held) % stamps.count] = stamp
        }
        held += 1
    }
}

extension Array {
    /// Moves the first `count` elements to the end.
    fileprivate mutating func rotateLeft(by count: Int) {
        guard count > 0, count < self.count else { return }
        self = Array(self[count...] + self[..<count])
    }
}
