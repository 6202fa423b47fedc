/// One limit at work: its settings, its rules at the present factor and, where all calls are counted together, its state.
struct StackedLimit: Sendable {
    /// What is promised.
    let settings: LimitSettings
    private(set) var rules: LimitRules {
        didSet { rooms = Rooms(rules, settings) }
    }
    /// The place of its states among the keyed ones; nil where all calls are counted together.
    var keyed: Int? {
        didSet { isOwn = keyed == nil && fleet == nil }
    }
    /// Its place among the limits of the fleet; nil where it is not shared.
    var fleet: Int? {
        didSet { isOwn = keyed == nil && fleet == nil }
    }
    /// Whether its state here is what counts: calls are counted together, and by this process alone.
    private(set) var isOwn = true
    private var state = LimitState()
    /// The number of the first admission that counts in the state.
    private var birth: UInt32 = 0
    private var rooms: Rooms
    /// What a call may cost at most; the same for critical calls.
    private let largest: Int?
    private let largestCritical: Int?

    /// A limit of which nothing is used.
    init(_ settings: LimitSettings) {
        self.settings = settings
        rules = LimitRules(settings.algorithm)
        rooms = Rooms(rules, settings)
        holdsPlaces = settings.rules().contains(where: \.holdsPlaces)
        let counting = settings.algorithms.filter(\.countsCost).map { LimitRules($0) }
        largest = counting.map { $0.capacity - $0.reserved(share: settings.reserve) }.min()
        largestCritical = counting.map(\.capacity).min()
    }

    /// The most units at once.
    var capacity: Int { rules.capacity }

    /// What the figures are multiplied by now.
    var factor: Double { rules.factor }

    /// Whether a call holds a place of it while in flight.
    let holdsPlaces: Bool

    /// The most that a call can ever cost; nil where the cost is not counted.
    func largestCost(isCritical: Bool) -> Int? {
        isCritical ? largestCritical : largest
    }

    /// The earliest moment at which a call of that cost fits after `ahead` units.
    mutating func earliest(cost: Int, ahead: Int, isCritical: Bool, now: Instant) -> Instant {
        rules.earliest(
            &state, units: rules.weight(cost: cost), ahead: ahead, reserved: isCritical ? 0 : rooms.reserved,
            now: now) ?? .distantFuture
    }

    /// Whether a call of that cost fits at `now`.
    @inline(__always)
    mutating func admits(cost: Int, isCritical: Bool, now: Instant) -> Bool {
        rules.admits(&state, weight: rules.weight(cost: cost), room: rooms.of(isCritical), now: now)
    }

    /// Takes what a call of that cost needs.
    @inline(__always)
    mutating func take(cost: Int, now: Instant) {
        rules.take(&state, units: rules.weight(cost: cost), now: now)
    }

    /// Gives back what the admission of that `number` took at `takenAt`, and returns it.
    mutating func giveBack(cost: Int, takenAt: Instant, number: UInt32, now: Instant) -> Int {
        let units = rules.weight(cost: cost)
        guard number.isSince(birth) else { return units }
        rules.giveBack(&state, units: units, takenAt: takenAt, now: now)
        return units
    }

    /// Frees a place.
    @inline(__always)
    mutating func release() {
        rules.release(&state)
    }

    /// Forgets what was used by admissions before the one of that `number`. Places in flight stay taken: they are.
    mutating func reset(number: UInt32) {
        guard !holdsPlaces else { return }
        state = LimitState()
        birth = number
    }

    /// Has the figures count `factor` times from here on; what is used stays used.
    mutating func setFactor(_ factor: Double) {
        rules = LimitRules(settings.algorithm, factor: factor, wallOffset: rules.wallOffset)
    }

    /// Takes over what is used of a limit that this one replaces, and its factor.
    mutating func inherit(_ former: StackedLimit, now: Instant) {
        setFactor(former.factor)
        state = former.state
        birth = former.birth
        rules.convert(&state, from: former.rules, now: now)
    }

    /// Takes up what was used of it before a restart.
    mutating func restore(_ kept: KeptLimit, now: Instant) {
        state = rules.restored(kept.keys.first?.trace, spentAt: kept.spentAt, now: now)
    }

    /// Whether the admission of that `number` counts in the state.
    func counts(_ number: UInt32) -> Bool {
        number.isSince(birth)
    }

    /// What is kept of its use beside the units, as `LimitRules.mark`.
    func mark(now: Instant) -> Instant? {
        rules.mark(state, now: now)
    }

    /// Tells how far the wall clock is ahead of the monotonic one.
    mutating func setWallOffset(_ offset: TimeSpan) {
        rules.wallOffset = offset
    }

    /// What is used and free at `now`.
    mutating func usage(now: Instant) -> (used: Int, remaining: Int, next: Instant?) {
        let used = rules.used(&state, now: now)
        let next = rules.earliest(&state, units: 1, reserved: rooms.reserved, now: now)
        return (used, max(0, rules.effectiveCapacity - used), next)
    }
}

/// The units that calls may have in use, for those who are critical and those who are not.
struct Rooms: Sendable {
    /// Units that are kept for critical calls.
    let reserved: Int
    private let ofCritical: Int
    private let ofOthers: Int

    /// By the rules at their present factor.
    init(_ rules: LimitRules, _ settings: LimitSettings) {
        reserved = rules.reserved(share: settings.reserve)
        ofCritical = rules.room(reserved: 0)
        ofOthers = rules.room(reserved: reserved)
    }

    @inline(__always)
    func of(_ isCritical: Bool) -> Int {
        isCritical ? ofCritical : ofOthers
    }
}

extension LimitSettings.Algorithm {
    /// Whether a call takes as much as it costs.
    var countsCost: Bool {
        switch self {
        case .slidingWindow, .tokenBucket, .calendarWindow: true
        case .spacing, .concurrency: false
        }
    }
}

extension UInt32 {
    /// Whether the admission of this number came with or after the one of another. Numbers wrap, as a clock's hand does.
    func isSince(_ other: UInt32) -> Bool {
        Int32(bitPattern: self &- other) >= 0
    }
}
