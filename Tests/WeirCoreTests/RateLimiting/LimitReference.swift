import WeirCore

/// What a limit promises, judged from a list of everything that was taken: slow, and plainly right.
struct LimitReference {
    struct Take: Equatable {
        var stamp: Int64
        let units: Int
    }

    var algorithm: LimitSettings.Algorithm
    /// The factor in thousandths.
    var thousandths: Int64 = 1000
    var wallOffset: Int64 = 0
    /// Oldest first; what was given back is gone.
    private(set) var takes: [Take] = []
    /// The latest moment told, and that of the latest take.
    private var latest = Int64.min
    private var latestTake = Int64.min
    /// What was missing of a bucket before the first of `takes`, in parts of a unit, and when.
    private var level: Int128 = 0
    private var levelStamp = Int64.min

    init(_ algorithm: LimitSettings.Algorithm) {
        self.algorithm = algorithm
    }

    // MARK: Figures

    var capacity: Int {
        switch algorithm {
        case .slidingWindow(let requests, _, _), .calendarWindow(let requests, _, _): requests
        case .tokenBucket(_, let burst): burst
        case .spacing: 1
        case .concurrency(let max): max
        }
    }

    var effectiveCapacity: Int { max(1, capacity * Int(thousandths) / 1000) }

    /// How long a take can matter.
    private var reach: Int64 {
        switch algorithm {
        case .slidingWindow(_, let per, let margin): per.nanoseconds + margin.nanoseconds
        case .calendarWindow(_, let per, let margin): per.nanoseconds + 2 * margin.nanoseconds
        case .spacing(let every, let margin):
            (every.nanoseconds * 1000 + thousandths - 1) / thousandths + margin.nanoseconds
        case .tokenBucket, .concurrency: .max
        }
    }

    // MARK: Events

    /// The time it goes by: it never goes back.
    mutating func clamp(_ told: Int64) -> Int64 {
        latest = max(latest, told)
        switch algorithm {
        case .slidingWindow, .calendarWindow:
            let (latest, reach) = (latest, reach)
            takes.removeAll { $0.stamp + reach <= latest }
            return latest
        case .spacing, .concurrency:
            return max(told, takes.last?.stamp ?? told)
        case .tokenBucket:
            return max(told, latestTake)
        }
    }

    mutating func take(_ units: Int, told: Int64) -> Take {
        let take = Take(stamp: clamp(told), units: units)
        latestTake = max(latestTake, take.stamp)
        takes.append(take)
        if case .tokenBucket = algorithm, takes.count > 24 { forgetOldTakes() }
        if case .spacing = algorithm { takes = takes.suffix(2) }
        return take
    }

    /// As if it had never been taken. False where that is too long ago to be told.
    mutating func giveBack(_ take: Take) -> Bool {
        guard let index = takes.lastIndex(of: take) else { return false }
        takes.remove(at: index)
        return true
    }

    /// Goes over to other figures: what counts at `now` still does.
    mutating func convert(to algorithm: LimitSettings.Algorithm, thousandths: Int64, now: Int64) {
        let now = clamp(now)
        if case .tokenBucket = algorithm {
            let (missing, parts) = (missing(at: now), partsPerUnit)
            (self.algorithm, self.thousandths) = (algorithm, thousandths)
            let product = missing * partsPerUnit
            (level, takes) = ((product + parts - 1) / parts, [])
            levelStamp = level > 0 ? now : .min
            latestTake = levelStamp
        } else {
            (self.algorithm, self.thousandths) = (algorithm, thousandths)
        }
    }

    // MARK: Questions

    func used(at now: Int64) -> Int {
        switch algorithm {
        case .slidingWindow:
            return takes.reduce(0) { $1.stamp + reach > now ? $0 + $1.units : $0 }
        case .spacing:
            return takes.contains { $0.stamp + reach > now } ? 1 : 0
        case .calendarWindow(_, let per, let margin):
            return windowsTouched(now).map { window in
                let start = window * per.nanoseconds - margin.nanoseconds
                let end = (window + 1) * per.nanoseconds + margin.nanoseconds
                return takes.reduce(0) {
                    start <= $1.stamp + wallOffset && $1.stamp + wallOffset < end ? $0 + $1.units : $0
                }
            }.max() ?? 0
        case .tokenBucket:
            return Int((missing(at: now) + partsPerUnit - 1) / partsPerUnit)
        case .concurrency:
            return takes.reduce(0) { $0 + $1.units }
        }
    }

    /// The earliest moment for `units` in `room`, more than the room in further full loads, each as early as it can be.
    func earliest(_ units: Int, room: Int, now: Int64) -> Int64? {
        if case .tokenBucket = algorithm {
            let excess = missing(at: now) + Int128(units - room) * partsPerUnit
            return excess <= 0 ? now : now + Int64((excess + growth - 1) / growth)
        }
        var future = self
        var moment = now
        var load = (units - 1) % room + 1
        var left = units
        while left > 0 {
            guard let next = future.earliestLoad(load, room: room, now: moment) else { return nil }
            moment = next
            future.takes.append(Take(stamp: moment, units: load))
            left -= load
            load = room
        }
        return moment
    }

    private func earliestLoad(_ units: Int, room: Int, now: Int64) -> Int64? {
        switch algorithm {
        case .slidingWindow, .spacing:
            var used = takes.reduce(0) { $1.stamp + reach > now ? $0 + $1.units : $0 }
            var moment = now
            for take in takes where take.stamp + reach > now && used + units > room {
                used -= take.units
                moment = take.stamp + reach
            }
            return moment
        case .calendarWindow(_, let per, let margin):
            var moment = now
            while used(at: moment) + units > room {
                let next = (windowsTouched(moment).lowerBound + 1) * per.nanoseconds + margin.nanoseconds
                moment = next - wallOffset
            }
            return moment
        case .concurrency:
            return used(at: now) + units <= room ? now : nil
        case .tokenBucket:
            return nil
        }
    }

    private func windowsTouched(_ moment: Int64) -> ClosedRange<Int64> {
        guard case .calendarWindow(_, let per, let margin) = algorithm else { return 0...0 }
        func window(_ wall: Int64) -> Int64 {
            (wall >= 0 ? wall : wall - per.nanoseconds + 1) / per.nanoseconds
        }
        let wall = moment + wallOffset
        return window(wall - margin.nanoseconds)...window(wall + margin.nanoseconds)
    }

    // MARK: The bucket

    private var partsPerUnit: Int128 {
        guard case .tokenBucket(let rate, _) = algorithm else { return 1 }
        return Int128(rate.period.nanoseconds) * 1000
    }

    private var growth: Int128 {
        guard case .tokenBucket(let rate, _) = algorithm else { return 1 }
        return Int128(rate.permits) * Int128(thousandths)
    }

    /// What is missing at a moment, by going through all takes.
    func missing(at moment: Int64) -> Int128 {
        var (level, stamp) = (level, levelStamp)
        for take in takes {
            level = max(0, level - Int128(take.stamp - max(stamp, 0)) * growth) + Int128(take.units) * partsPerUnit
            stamp = take.stamp
        }
        return max(0, level - Int128(moment - max(stamp, 0)) * growth)
    }

    /// Keeps the last takes, which may be given back, and what was missing before them.
    private mutating func forgetOldTakes() {
        let kept = takes.suffix(12)
        guard let first = kept.first else { return }
        takes.removeLast(kept.count)
        let missing = missing(at: first.stamp)
        (level, levelStamp, takes) = (missing, first.stamp, Array(kept))
    }
}
