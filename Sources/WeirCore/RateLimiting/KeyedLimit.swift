/// One limit that counts calls by key: the rules of its tiers and the states of its keys.
struct KeyedLimit: Sendable {
    /// The key of a call that brings none; nil where the limit does not apply to such a call.
    let keyOfKeyless: LimitKey?
    var states: KeyedStates
    private let settings: LimitSettings
    private var rooms: ContiguousArray<Rooms>

    /// A limit without any keys yet.
    init(_ settings: LimitSettings, seed: KeySeed) {
        self.settings = settings
        let rules = settings.rules()
        states = KeyedStates(rules: rules, maxKeys: settings.maxKeys)
        rooms = ContiguousArray(rules.map { Rooms($0, settings) })
        let tier = settings.tierIndex(nil)
        if settings.key.isEmpty {
            keyOfKeyless = settings.key([], tier: tier, seed: seed)
        } else {
            keyOfKeyless = settings.keyMissing == .skip ? nil : settings.key(nil, tier: tier, seed: seed)
        }
    }

    /// What a call of that cost takes of its key.
    @inline(__always)
    func units(_ key: LimitKey, cost: Int) -> Int {
        states.weight(of: key, cost: cost)
    }

    /// The earliest moment at which a call of that cost fits after `ahead` units.
    mutating func earliest(_ key: LimitKey, cost: Int, ahead: Int, isCritical: Bool, now: Instant) -> Instant {
        states.earliest(
            key, units: units(key, cost: cost), ahead: ahead,
            reserved: isCritical ? 0 : rooms[min(key.tier, rooms.count - 1)].reserved, now: now)
            ?? .distantFuture
    }

    /// Whether a call of that cost fits at `now`.
    @inline(__always)
    mutating func admits(_ key: LimitKey, cost: Int, isCritical: Bool, now: Instant) -> Bool {
        states.admits(
            key, weight: units(key, cost: cost), room: rooms[min(key.tier, rooms.count - 1)].of(isCritical), now: now)
    }

    /// Takes what a call of that cost needs.
    @inline(__always)
    mutating func take(_ key: LimitKey, cost: Int, number: UInt32, now: Instant) {
        states.take(key, units: units(key, cost: cost), number: number, now: now)
    }

    /// Gives back what the admission of that `number` took at `takenAt`.
    mutating func giveBack(_ key: LimitKey, cost: Int, takenAt: Instant, number: UInt32, now: Instant) {
        states.giveBack(key, units: units(key, cost: cost), takenAt: takenAt, number: number, now: now)
    }

    /// Frees the place that the admission of that `number` holds.
    mutating func release(_ key: LimitKey, number: UInt32, now: Instant) {
        states.release(key, number: number, now: now)
    }

    /// Has the figures count `factor` times from here on.
    mutating func setFactor(_ factor: Double, wallOffset: TimeSpan) {
        let rules = settings.rules(factor: factor, wallOffset: wallOffset)
        states.follow(rules)
        rooms = ContiguousArray(rules.map { Rooms($0, settings) })
    }

    /// Takes over the keys of a limit that this one replaces, whose figures counted `factor` times.
    mutating func inherit(_ former: KeyedLimit, factor: Double, wallOffset: TimeSpan, now: Instant) {
        let rules = settings.rules(factor: factor, wallOffset: wallOffset)
        states = former.states
        states.reconfigure(rules, tiers: settings.tierPlaces(of: former.settings), maxKeys: settings.maxKeys, now: now)
        rooms = ContiguousArray(rules.map { Rooms($0, settings) })
    }
}

extension LimitSettings {
    /// The rules of each tier, or those that there are.
    package func rules(factor: Double = 1, wallOffset: TimeSpan = .zero) -> [LimitRules] {
        algorithms.map { LimitRules($0, factor: factor, wallOffset: wallOffset) }
    }

    /// For each tier of an earlier version its place in this one; nil where it is gone, or counts otherwise.
    func tierPlaces(of former: LimitSettings) -> [Int?] {
        guard let formerTiers = former.tiers?.tiers else { return [0] }
        return formerTiers.map { tier in
            tiers?.tiers.firstIndex { $0.name == tier.name && $0.algorithm.isSameKind(as: tier.algorithm) }
        }
    }

    /// Whether this limit goes on where `former` ends: the same name, kind and key.
    package func continues(_ former: LimitSettings) -> Bool {
        name == former.name && algorithm.isSameKind(as: former.algorithm) && key == former.key
            && tiers?.by == former.tiers?.by
    }
}

extension LimitSettings.Algorithm {
    /// Whether both count alike, whatever their figures.
    func isSameKind(as other: LimitSettings.Algorithm) -> Bool {
        switch (self, other) {
        case (.slidingWindow, .slidingWindow), (.tokenBucket, .tokenBucket), (.calendarWindow, .calendarWindow),
            (.spacing, .spacing), (.concurrency, .concurrency):
            true
        case (.slidingWindow, _), (.tokenBucket, _), (.calendarWindow, _), (.spacing, _), (.concurrency, _): false
        }
    }
}
