import WeirCore

/// A random walk of one limit beside its reference: asks, takes, refunds, clocks that stall, jump and go back, other
/// factors and figures. Says where they first differ.
struct LimitWalk {
    enum Kind: String, CaseIterable {
        case slidingWindow, tokenBucket, calendarWindow, spacing, concurrency
    }

    let kind: Kind
    let seed: UInt64
    private var random: SeededGenerator
    private var reference: LimitReference
    private let subject: LimitUnderTest
    private var told: Int64 = 1_000_000_000
    private var outstanding: [LimitReference.Take] = []
    /// When the bucket was last full: what was taken earlier cannot be given back.
    private var fullAt = Int64.min
    private var latestTake = Int64.min
    /// Clocks go back no further: what had not grown back when a bucket was given its units cannot be told for earlier.
    private var earliestTold: Int64 = 0
    private(set) var admitted = 0
    private(set) var refused = 0
    private(set) var refunded = 0

    private static let unit: Int64 = 10_000_000

    init(_ kind: Kind, seed: UInt64) {
        self.kind = kind
        self.seed = seed
        random = SeededGenerator(seed: seed)
        let algorithm = Self.algorithm(kind, like: nil, &random)
        reference = LimitReference(algorithm)
        reference.wallOffset = 1_763_683_200_123_456_789
        subject = LimitUnderTest(algorithm, wallOffset: TimeSpan(nanoseconds: reference.wallOffset))
    }

    /// Walks on; nil where all agrees, else what does not.
    mutating func run(steps: Int) -> String? {
        for step in 0..<steps {
            if let difference = self.step() {
                return "\(kind.rawValue), seed \(seed), step \(step): \(difference); \(reference.algorithm), "
                    + "factor \(reference.thousandths)/1000"
            }
        }
        return nil
    }

    private mutating func step() -> String? {
        moveClock()
        switch Int.random(in: 0..<1000, using: &random) {
        case ..<600: return ask()
        case ..<700: return giveBack()
        case ..<800: return compareUsed()
        case ..<850: return compareFullAgain()
        case ..<880: changeFactor()
        case ..<890: changeFigures()
        case ..<930: setWallClock()
        case ..<945: take(Int.random(in: 1...reference.capacity, using: &random))
        case ..<947: told += Self.unit * 1000
        default: release()
        }
        return nil
    }

    private mutating func moveClock() {
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: break
        case 2: told = max(earliestTold, told - Int64.random(in: 0...Self.unit, using: &random))
        default: told += Int64.random(in: 0...Self.unit, using: &random)
        }
    }

    // MARK: Asking and taking

    private mutating func ask() -> String? {
        let rules = subject.rules
        guard rules.effectiveCapacity == reference.effectiveCapacity else { return "another effective capacity" }
        let share = Double.random(in: 0..<1, using: &random)
        let reserved = Bool.random(using: &random) ? 0 : rules.reserved(share: share)
        let room = reference.effectiveCapacity - reserved
        guard room >= 1 else { return "everything is reserved" }
        let most = Int.random(in: 0..<8, using: &random) == 0 ? reference.capacity * 2 : reference.effectiveCapacity
        let units = rules.weight(cost: Int.random(in: 1...most, using: &random))
        let ahead =
            Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...reference.capacity, using: &random) : 0
        var needed = units + ahead
        if ahead == 0, reference.thousandths < 1000, units <= reference.capacity { needed = min(units, room) }

        let now = reference.clamp(told)
        let expected = reference.earliest(needed, room: room, now: now)
        let admits = subject.admits(units, reserved: reserved, now: moment(told))
        let earliest = subject.earliest(units, ahead: ahead, reserved: reserved, now: moment(told))
        let fits = expected.map { $0 <= now } ?? false
        guard earliest?.nanoseconds == (fits ? told : expected) else {
            return
                "\(units) + \(ahead) units in \(room) at \(told): \(earliest?.nanoseconds ?? -1), not \(expected ?? -1)"
        }
        if ahead == 0, admits != fits { return "\(units) units in \(room) at \(told): admitted \(admits)" }
        if fits, ahead == 0 {
            take(units)
            admitted += 1
        } else {
            refused += 1
        }
        return nil
    }

    private mutating func take(_ units: Int) {
        let units = subject.rules.weight(cost: units)
        let now = reference.clamp(told)
        if kind == .tokenBucket, reference.missing(at: now) == 0 { fullAt = now }
        subject.take(units, now: moment(told))
        let take = reference.take(units, told: told)
        latestTake = max(latestTake, take.stamp)
        outstanding.append(take)
        if outstanding.count > 12 { outstanding.removeFirst() }
    }

    // MARK: Giving back

    private mutating func giveBack() -> String? {
        guard let index = outstanding.indices.randomElement(using: &random) else { return nil }
        let take = outstanding[index]
        // In between, a bucket knows only from below what it may give back: see `TokenBucketTests`.
        guard kind != .tokenBucket || take.stamp < fullAt || take.stamp == latestTake else { return nil }
        outstanding.remove(at: index)
        _ = reference.clamp(told)
        subject.giveBack(take.units, takenAt: moment(take.stamp), now: moment(told))
        if kind == .tokenBucket, take.stamp < fullAt {
            // It has grown back, and the reference finds that without it too.
        } else if !reference.giveBack(take), kind == .tokenBucket || kind == .concurrency {
            return "the reference lost a take"
        }
        if kind == .tokenBucket { earliestTold = told }
        refunded += 1
        return compareUsed()
    }

    private mutating func release() {
        guard kind == .concurrency, let take = outstanding.popLast(), reference.giveBack(take) else { return }
        for _ in 0..<take.units { subject.release() }
    }

    // MARK: Comparing

    private mutating func compareUsed() -> String? {
        let expected = reference.used(at: reference.clamp(told))
        let used = subject.used(now: moment(told))
        return used == expected ? nil : "\(used) used at \(told), not \(expected)"
    }

    /// After idling nothing is lost: all of it is there, at that moment and not before.
    private mutating func compareFullAgain() -> String? {
        let now = reference.clamp(told)
        guard let full = subject.fullAgain(now: moment(told)) else {
            return kind == .concurrency && reference.used(at: now) > 0 ? nil : "never full again"
        }
        guard full > moment(told), Int.random(in: 0..<4, using: &random) == 0 else { return nil }
        if subject.isUnused(now: Instant(nanoseconds: full.nanoseconds - 1)) { return "unused too early" }
        told = full.nanoseconds
        guard subject.isUnused(now: full) else { return "still used when full again" }
        let all = reference.effectiveCapacity
        guard reference.earliest(all, room: all, now: reference.clamp(told)) == told else { return "unused but for us" }
        return subject.earliest(all, now: full) == full ? nil : "capacity is lost"
    }

    // MARK: Changing

    private mutating func changeFactor() {
        let thousandths = Bool.random(using: &random) ? 1000 : Int64.random(in: 1...1000, using: &random)
        change(to: reference.algorithm, thousandths: thousandths, isFactorOnly: true)
    }

    private mutating func changeFigures() {
        change(
            to: Self.algorithm(kind, like: reference.algorithm, &random), thousandths: reference.thousandths,
            isFactorOnly: false)
    }

    private mutating func change(to algorithm: LimitSettings.Algorithm, thousandths: Int64, isFactorOnly: Bool) {
        let rules = LimitRules(
            algorithm, factor: Double(thousandths) / 1000, wallOffset: TimeSpan(nanoseconds: reference.wallOffset))
        reference.convert(to: algorithm, thousandths: thousandths, now: told)
        if isFactorOnly, kind != .tokenBucket {
            _ = subject.used(now: moment(told))
            subject.exchange(rules)
        } else {
            subject.convert(to: rules, now: moment(told))
        }
        if kind == .tokenBucket { outstanding = [] }
    }

    private mutating func setWallClock() {
        guard kind == .calendarWindow else { return }
        reference.wallOffset += Int64.random(in: -40 * Self.unit...40 * Self.unit, using: &random)
        subject.set(wallOffset: TimeSpan(nanoseconds: reference.wallOffset))
    }

    private func moment(_ nanoseconds: Int64) -> Instant {
        Instant(nanoseconds: nanoseconds)
    }

    private static func algorithm(
        _ kind: Kind, like former: LimitSettings.Algorithm?, _ random: inout SeededGenerator
    ) -> LimitSettings.Algorithm {
        let units = Int.random(in: 1...20, using: &random)
        let span = Int64.random(in: 2...20 * unit, using: &random)
        let margin = TimeSpan(nanoseconds: Int64.random(in: 0..<max(1, span / 2), using: &random))
        switch kind {
        case .slidingWindow: return .slidingWindow(requests: units, per: TimeSpan(nanoseconds: span), margin: margin)
        case .calendarWindow: return .calendarWindow(requests: units, per: TimeSpan(nanoseconds: span), margin: margin)
        case .spacing: return .spacing(every: TimeSpan(nanoseconds: span / 8 + 1), margin: margin)
        case .concurrency: return .concurrency(max: units)
        case .tokenBucket:
            let permits = Int64.random(in: 1...50, using: &random)
            return .tokenBucket(rate: Rate(permits: permits, per: TimeSpan(nanoseconds: span)), burst: units)
        }
    }
}
