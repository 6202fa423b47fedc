/// What changes the limits from outside, and what they show of themselves.
extension LimitStack {
    /// The place of a limit by name: among the shared ones, or among those of one endpoint.
    func limit(named name: String, endpoint: Int?) -> Int? {
        guard let endpoint else { return (0..<sharedCount).first { limits[$0].settings.name == name } }
        guard endpoint >= 0, endpoint < endpointCount else { return nil }
        return ownLimits(of: endpoint).first { limits[$0].settings.name == name }
    }

    /// Has a limit's figures count `factor` times (above 0) from here on; what is used stays used.
    mutating func setFactor(_ limit: Int, _ factor: Double) {
        guard limits.indices.contains(limit) else { return }
        limits[limit].setFactor(factor)
        if let place = limits[limit].keyed { keyed[place].setFactor(factor, wallOffset: wallOffset) }
        if let shared = limits[limit].fleet { fleet?.setFactor(shared, factor) }
    }

    /// Lets at most `units` more through an unkeyed limit until then; nil lifts the bound.
    mutating func setAllowance(_ limit: Int, units: Int?, until: Instant) {
        guard limits.indices.contains(limit), limits[limit].keyed == nil else { return }
        allowances.set(limit, units: units, until: until)
    }

    /// Forgets what was used of a limit, by admissions before the one of that `number`: of one key, in one tier or in all,
    /// or of everything. Places in flight stay taken.
    ///
    /// - Returns: false where there is no such limit, or it has no such keys or tier.
    mutating func reset(_ limit: Int, key: [String]?, tier: String?, number: UInt32) -> Bool {
        guard limits.indices.contains(limit) else { return false }
        // What the fleet has used is not this process' to forget.
        guard limits[limit].fleet == nil else { return false }
        let settings = limits[limit].settings
        if let tier, settings.tiers?.tiers.contains(where: { $0.name == tier }) != true { return false }
        guard key != nil || tier != nil else {
            limits[limit].reset(number: number)
            if let place = limits[limit].keyed { keyed[place].states.resetAll() }
            return true
        }
        let parts = key ?? []
        guard let place = limits[limit].keyed, parts.count == settings.key.count else { return false }
        let tiers = tier.map { [settings.tierIndex($0)] } ?? Array(settings.algorithms.indices)
        for tier in tiers {
            keyed[place].states.reset(settings.key(parts, tier: tier, seed: seed).digest)
        }
        return true
    }

    /// Takes over what is used of the limits that these replace. A limit goes on where it has the same name, kind and key,
    /// and belongs to the same endpoint.
    ///
    /// - Parameter from: each endpoint's former place; nil for a new one.
    /// - Returns: for each former limit its place now; nil for one that is gone.
    mutating func inherit(_ former: LimitStack, from: [Int?], now: Instant) -> [Int?] {
        setWallOffset(former.wallOffset)
        var moved = [Int?](repeating: nil, count: former.count)
        func pair(_ mine: some Sequence<Int>, _ theirs: [Int]) -> [(Int, Int)] {
            mine.compactMap { place in
                theirs.first { limits[place].settings.continues(former.limits[$0].settings) }.map { (place, $0) }
            }
        }
        var pairs = pair(0..<sharedCount, Array(0..<former.sharedCount))
        for (endpoint, origin) in from.enumerated() {
            guard let origin, origin < former.endpointCount else { continue }
            pairs += pair(ownLimits(of: endpoint), Array(former.ownLimits(of: origin)))
        }
        for (place, origin) in pairs {
            moved[origin] = place
            limits[place].inherit(former.limits[origin], now: now)
            if let mine = limits[place].keyed, let theirs = former.limits[origin].keyed {
                keyed[mine].inherit(
                    former.keyed[theirs], factor: limits[place].factor, wallOffset: wallOffset, now: now)
            }
        }
        followFleet(of: former)
        allowances = former.allowances
        allowances.move { moved[$0] }
        return moved
    }

    /// The keys that a call in line goes on with, which it brought as one to `origin` of a former stack. A keyed limit that is
    /// new does not apply to it.
    func keys(
        _ keys: CallKeys, of endpoint: Int, from former: LimitStack, origin: Int, moved: [Int?]
    ) -> CallKeys {
        let formerNeeds = former.needs(of: origin).map { former.need($0) }.filter { $0.keyed != nil }
        return CallKeys(
            needs(of: endpoint).map { need($0) }.filter { $0.keyed != nil }.map { need in
                guard let old = formerNeeds.first(where: { moved[$0.limit] == need.limit }),
                    let key = keys[old.position]
                else { return nil }
                let tiers = settings(need.limit).tierPlaces(of: former.settings(old.limit))
                return tiers[key.tier].map { LimitKey(digest: key.digest, tier: $0) }
            })
    }

    /// What every limit shows of itself.
    public mutating func snapshot(now: Instant) -> [LimitSnapshot] {
        limits.indices.map { snapshot(of: $0, now: now) }
    }

    /// How much of one limit is used.
    mutating func snapshot(of place: Int, now: Instant) -> LimitSnapshot {
        if let shared = limits[place].fleet, let usage = fleet?.usage(shared, now: now) {
            return LimitSnapshot(
                settings: limits[place].settings, capacity: limits[place].capacity, used: usage.used,
                remaining: usage.remaining, untilNextFree: usage.remaining > 0 ? .zero : nil,
                factor: limits[place].factor, keys: 1, evictions: 0, isWithFleet: fleet?.isShared)
        }
        guard let keyedPlace = limits[place].keyed else {
            let usage = limits[place].usage(now: now)
            return LimitSnapshot(
                settings: limits[place].settings, capacity: limits[place].capacity, used: usage.used,
                remaining: usage.remaining, untilNextFree: usage.next.map { $0 - now },
                factor: limits[place].factor, keys: 1, evictions: 0, isWithFleet: nil)
        }
        keyed[keyedPlace].states.sweep(now: now, steps: Self.sweptBySnapshot)
        return LimitSnapshot(
            settings: limits[place].settings, capacity: limits[place].capacity, used: nil, remaining: nil,
            untilNextFree: nil, factor: limits[place].factor, keys: keyed[keyedPlace].states.count,
            evictions: keyed[keyedPlace].states.evictions, isWithFleet: nil)
    }

    /// Keys looked at for a snapshot, so that what it tells is near the truth and it takes less than a millisecond.
    private static let sweptBySnapshot = 1000
}

/// What a limit shows of itself at one moment.
public struct LimitSnapshot: Sendable {
    /// What is promised.
    public let settings: LimitSettings
    /// The most units at once, at the factor 1; of a limit with tiers, by its own figures.
    public let capacity: Int
    /// Units in use; nil where calls are counted by key.
    public let used: Int?
    /// Units that are free at the present factor; nil where calls are counted by key.
    public let remaining: Int?
    /// How long until a call that is not critical finds one more unit: 0 where it does now; nil where calls are counted by
    /// key, or only the end of a call in flight frees one.
    public let untilNextFree: TimeSpan?
    /// What the figures are multiplied by: 1, or less after 429s or under host load.
    public let factor: Double
    /// Keys held; 1 where all calls are counted together.
    public let keys: Int
    /// Keys dropped before they were full again.
    public let evictions: Int
    /// Whether the whole fleet counts it now, rather than this process its part; nil where it is not shared.
    public let isWithFleet: Bool?
}
