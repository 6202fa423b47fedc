internal import HeapModule

/// The states of one limit's keys: bounded in number, forgotten once nothing is used of them.
///
/// A key that is full again equals one never seen, so forgetting it costs its caller nothing and gives nothing away. Only
/// where the bound is reached and no such key is at hand is one dropped early, which is counted: of 64 keys that come up by
/// chance, or of all where there are fewer, the one that has gone unused for longest. So a key of the half that was used
/// last goes once in 2⁶⁴ times, and there is no order to keep at each use. Every operation visits a bounded number of keys,
/// however many there are, save that the table doubles.
struct KeyedStates: Sendable {
    /// The moment from which a key may be full again. It is not moved when more is taken, but looked at when it comes.
    private struct Due: Comparable {
        let moment: Instant
        /// The first half of the key's digest.
        let key: UInt64

        static func < (left: Due, right: Due) -> Bool { left.moment < right.moment }
    }

    /// Keys looked at for each new one, and for one that finds the bound reached: what bounds the work.
    private static let steps = 2
    private static let stepsAtBound = 64

    /// Keys held at most.
    private(set) var maxKeys: Int
    /// Keys dropped before they were full again.
    private(set) var evictions = 0

    /// The rules of each tier.
    private(set) var rules: ContiguousArray<LimitRules>
    private var table: KeyTable
    private var dues = Heap<Due>()
    /// Counts the uses of keys; wraps.
    private var uses: UInt32 = 0
    /// Where the next search for one to drop begins.
    private var hand = 0
    /// Where the last search ended: asking is followed by taking.
    private var lastFound = 0
    /// Slots given back, and how many have been given.
    private var vacantSlots: [UInt32] = []
    private(set) var slotCount = 0
    /// When all of every key was spent, for all that is known.
    private var spentAt: Instant?
    /// From when on that counts for no key.
    private var spentUntil = Instant(nanoseconds: .min)

    /// No keys, and room for `maxKeys` (at least 1) that follow the rules of their tiers.
    init(rules: [LimitRules], maxKeys: Int) {
        self.rules = ContiguousArray(rules)
        self.maxKeys = Self.bound(maxKeys)
        table = KeyTable(mostKeys: self.maxKeys)
    }

    /// What a call of that cost takes of the key.
    @inline(__always)
    func weight(of key: LimitKey, cost: Int) -> Int {
        rules[tier(key)].weight(cost: cost)
    }

    /// Keys held.
    var count: Int { table.count }

    /// The earliest moment at which `units` of the key fit after `ahead` others and beside `reserved` more, as
    /// `LimitRules.earliest`.
    mutating func earliest(_ key: LimitKey, units: Int, ahead: Int, reserved: Int, now: Instant) -> Instant? {
        let rules = rules[tier(key)]
        guard let place = find(key.digest) else {
            var unused = fresh(tier(key), now: now)
            return rules.earliest(&unused, units: units, ahead: ahead, reserved: reserved, now: now)
        }
        return rules.earliest(&table.entries[place].state, units: units, ahead: ahead, reserved: reserved, now: now)
    }

    /// Whether the `weight` of a call fits into the key's `room` at `now`, as `LimitRules.admits`.
    @inline(__always)
    mutating func admits(_ key: LimitKey, weight: Int, room: Int, now: Instant) -> Bool {
        guard let place = find(key.digest) else { return admitsNew(key, weight: weight, room: room, now: now) }
        return rules[tier(key)].admits(&table.entries[place].state, weight: weight, room: room, now: now)
    }

    private mutating func admitsNew(_ key: LimitKey, weight: Int, room: Int, now: Instant) -> Bool {
        var unused = fresh(tier(key), now: now)
        return rules[tier(key)].admits(&unused, weight: weight, room: room, now: now)
    }

    /// Takes `units` of the key for the admission of that `number`.
    @inline(__always)
    mutating func take(_ key: LimitKey, units: Int, number: UInt32, now: Instant) {
        guard let place = find(key.digest) else {
            var state = fresh(tier(key), now: now)
            rules[tier(key)].take(&state, units: units, now: now)
            return insert(key, state, number: number, now: now)
        }
        uses &+= 1
        table.entries[place].lastUse = uses
        rules[tier(key)].take(&table.entries[place].state, units: units, now: now)
    }

    /// Notes that a call has asked for the key: whoever asks and is refused is not idle.
    mutating func touch(_ digest: KeyDigest) {
        guard let place = find(digest) else { return }
        uses &+= 1
        table.entries[place].lastUse = uses
    }

    /// Gives back what the admission of that `number` took at `takenAt`.
    mutating func giveBack(_ key: LimitKey, units: Int, takenAt: Instant, number: UInt32, now: Instant) {
        guard let place = find(key.digest), number.isSince(table.records[place].birth) else { return }
        rules[tier(key)].giveBack(&table.entries[place].state, units: units, takenAt: takenAt, now: now)
        forgetIfUnused(place, now: now)
    }

    /// Frees the place that the admission of that `number` held.
    mutating func release(_ key: LimitKey, number: UInt32, now: Instant) {
        guard let place = find(key.digest), number.isSince(table.records[place].birth) else { return }
        rules[tier(key)].release(&table.entries[place].state)
        forgetIfUnused(place, now: now)
    }

    /// Forgets what was used of a key. Places in flight stay taken: they are.
    mutating func reset(_ digest: KeyDigest) {
        guard let place = find(digest), !rules[Int(table.records[place].tier)].holdsPlaces else { return }
        forget(place)
    }

    /// Forgets what was used of all keys. Visits all keys.
    mutating func resetAll() {
        let rules = rules
        spentAt = nil
        filter { _, record in rules[Int(record.tier)].holdsPlaces }
    }

    /// Forgets some keys of which nothing is used any more, so that `count` tells of those in use.
    mutating func sweep(now: Instant, steps: Int) {
        for _ in 0..<steps {
            guard let due = dues.min, due.moment <= now else { return }
            _ = dues.removeMin()
            guard let place = table.find(firstHalf: due.key) else { continue }
            if rulesOfKey(at: place).isUnused(&table.entries[place].state, now: now) {
                forget(place)
            } else {
                watch(place, now: now)
            }
        }
    }

    // MARK: Rules

    /// Exchanges the rules of each tier for others of the same figures.
    mutating func follow(_ changed: [LimitRules]) {
        rules = ContiguousArray(changed)
    }

    /// Has the keys follow other figures and another bound: `tiers` has for each former tier its place among the new ones,
    /// nil for one that is gone with its keys. Visits all keys.
    mutating func reconfigure(_ changed: [LimitRules], tiers: [Int?], maxKeys: Int, now: Instant) {
        let former = rules
        rules = ContiguousArray(changed)
        self.maxKeys = Self.bound(maxKeys)
        filter { entry, record in
            guard let tier = tiers[Int(record.tier)] else { return false }
            changed[tier].convert(&entry.state, from: former[Int(record.tier)], now: now)
            record.tier = UInt16(tier)
            return true
        }
        if let spentAt { countAllSpent(at: spentAt, now: now) }
        while count > self.maxKeys { dropIdle(now: now) }
    }

    /// Tells how far the wall clock is ahead of the monotonic one.
    mutating func setWallOffset(_ offset: TimeSpan) {
        for tier in rules.indices { rules[tier].wallOffset = offset }
    }

    // MARK: After a restart

    /// Takes up keys as they were kept, in the order of their last use. With `spentAt` every key, known or not, counts as
    /// wholly spent then.
    mutating func restore(_ keys: [KeptKey], spentAt: Instant?, now: Instant) {
        if let spentAt { countAllSpent(at: spentAt, now: now) }
        for kept in keys {
            guard let key = kept.key, find(key.digest) == nil else { continue }
            let rules = rules[tier(key)]
            var state = rules.restored(kept.trace, spentAt: spentAt, now: now)
            if !rules.isUnused(&state, now: now) { insert(key, state, number: 0, now: now) }
        }
    }

    /// A number below the most keys that there have been room for, which no other key has while this one is held; nil where it
    /// is not.
    mutating func slot(of digest: KeyDigest) -> Int? {
        find(digest).map { Int(table.records[$0].slot) }
    }

    /// What the admission of that `number` counts as, for a key of which it still does: its slot, and what is kept of its use
    /// beside the units, as `LimitRules.mark`.
    mutating func kept(
        _ digest: KeyDigest, since number: UInt32? = nil, now: Instant
    ) -> (slot: Int, mark: Instant?)? {
        guard let place = find(digest), number?.isSince(table.records[place].birth) ?? true else { return nil }
        return (Int(table.records[place].slot), rulesOfKey(at: place).mark(table.entries[place].state, now: now))
    }

    private mutating func countAllSpent(at moment: Instant, now: Instant) {
        spentAt = moment
        spentUntil = rules.reduce(now) { latest, rules in
            var state = rules.restored(nil, spentAt: moment, now: now)
            return max(latest, rules.fullAgain(&state, now: now) ?? now)
        }
    }

    /// The state of a key that is not held.
    private mutating func fresh(_ tier: Int, now: Instant) -> LimitState {
        guard let moment = spentAt else { return LimitState() }
        guard now < spentUntil else {
            spentAt = nil
            return LimitState()
        }
        return rules[tier].restored(nil, spentAt: moment, now: now)
    }

    // MARK: Keys

    /// A call may bring a key of a former configuration, with more tiers.
    @inline(__always)
    private func tier(_ key: LimitKey) -> Int {
        min(key.tier, rules.count - 1)
    }

    @inline(__always)
    private mutating func find(_ digest: KeyDigest) -> Int? {
        if lastFound < table.entries.count, table.entries[lastFound].digest == digest { return lastFound }
        guard let place = table.find(digest) else { return nil }
        lastFound = place
        return place
    }

    private func rulesOfKey(at place: Int) -> LimitRules {
        rules[Int(table.records[place].tier)]
    }

    @inline(never)
    private mutating func insert(_ key: LimitKey, _ state: LimitState, number: UInt32, now: Instant) {
        sweep(now: now, steps: Self.steps)
        if count >= maxKeys { makeRoom(now: now) }
        uses &+= 1
        let record = KeyTable.Record(birth: number, tier: UInt16(tier(key)), slot: takeSlot())
        lastFound = table.insert(KeyTable.Entry(digest: key.digest, state: state, lastUse: uses), record)
        watch(lastFound, now: now)
    }

    private mutating func takeSlot() -> UInt32 {
        if let slot = vacantSlots.popLast() { return slot }
        slotCount += 1
        return UInt32(slotCount - 1)
    }

    private mutating func makeRoom(now: Instant) {
        let full = count
        var steps = Self.stepsAtBound
        while count == full, steps > 0, let due = dues.min, due.moment <= now {
            sweep(now: now, steps: 1)
            steps -= 1
        }
        if count == full { dropIdle(now: now) }
    }

    private mutating func dropIdle(now: Instant) {
        var idlest: (place: Int, idle: UInt32)?
        var seen = 0
        for _ in table.entries.indices {
            if hand >= table.entries.count { hand = 0 }
            if table.isTaken(hand) {
                let idle = uses &- table.entries[hand].lastUse
                if idlest.map({ idle > $0.idle }) ?? true { idlest = (hand, idle) }
                seen += 1
            }
            hand += 1
            if seen == Self.stepsAtBound { break }
        }
        guard let (place, _) = idlest else { return }
        if !rulesOfKey(at: place).isUnused(&table.entries[place].state, now: now) { evictions += 1 }
        forget(place)
    }

    private mutating func forgetIfUnused(_ place: Int, now: Instant) {
        if rulesOfKey(at: place).isUnused(&table.entries[place].state, now: now) { forget(place) }
    }

    private mutating func forget(_ place: Int) {
        vacantSlots.append(table.records[place].slot)
        table.remove(at: place)
        clearIfEmpty()
    }

    /// Keeps what `change` returns true for, after it was changed. Visits all keys.
    private mutating func filter(_ change: (inout KeyTable.Entry, inout KeyTable.Record) -> Bool) {
        var vacated: [UInt32] = []
        table.filter(mostKeys: maxKeys) { entry, record in
            let isKept = change(&entry, &record)
            if !isKept { vacated.append(record.slot) }
            return isKept
        }
        vacantSlots += vacated
        clearIfEmpty()
    }

    private mutating func clearIfEmpty() {
        guard count == 0 else { return }
        table = KeyTable(mostKeys: maxKeys)
        dues = Heap()
        (vacantSlots, slotCount) = ([], 0)
    }

    /// Notes when the key may be full again. One that time alone does not fill is forgotten when its places are free.
    private mutating func watch(_ place: Int, now: Instant) {
        if let due = due(of: place, now: now) { dues.insert(due) }
        // Those of keys that were forgotten early are dropped when they are as many as the rest.
        if dues.count > 2 * count + 64 {
            dues = Heap(table.entries.indices.filter { table.isTaken($0) }.compactMap { due(of: $0, now: now) })
        }
    }

    private mutating func due(of place: Int, now: Instant) -> Due? {
        rulesOfKey(at: place).fullAgain(&table.entries[place].state, now: now).map {
            Due(moment: $0, key: table.entries[place].digest.first)
        }
    }

    private static func bound(_ maxKeys: Int) -> Int {
        min(max(1, maxKeys), Int(Int32.max))
    }
}
