internal import HeapModule

/// The states of one limit's keys: found by digest, bounded in number, forgotten once nothing is used of them.
///
/// A key that is full again equals one never seen, so forgetting it costs its caller nothing and gives nothing away. Only
/// where the bound is reached and no such key is at hand is the longest idle one dropped early, which is counted. Every
/// operation visits a bounded number of slots, however many keys there are.
struct KeyedStates: Sendable {
    /// What every call reads and writes: a cache line's worth, and kept apart from the rest for that.
    private struct Slot {
        var digest: KeyDigest
        var state: LimitState
    }

    /// What is needed when a key comes or goes.
    private struct Record {
        /// The moment that `dues` has for the slot; what it has besides is stale. `distantFuture`: none.
        var due = Instant.distantFuture
        /// The number of the admission that made the key: what was taken before is none of its own.
        var birth: UInt32
        var tier: UInt16
        var isVacant = false
    }

    /// Neighbours in the order of use, `nobody` at either end.
    private struct Link {
        var older = KeyedStates.nobody
        var newer = KeyedStates.nobody
    }

    /// The moment from which a slot may be full again. It is not moved when more is taken, but looked at when it comes.
    private struct Due: Comparable {
        let moment: Instant
        let slot: Int

        static func < (left: Due, right: Due) -> Bool { left.moment < right.moment }
    }

    private static let nobody = UInt32.max
    /// What a vacant slot has.
    private static let noDigest = KeyDigest(first: 0, second: 0)
    /// Slots looked at for each new key, and for one that finds the bound reached: what bounds the work.
    private static let steps = 2
    private static let stepsAtBound = 64
    /// A key is not looked at twice in one moment.
    private static let leastWatch = TimeSpan(nanoseconds: 1)

    /// Keys held at most.
    private(set) var maxKeys: Int
    /// Keys dropped before they were full again.
    private(set) var evictions = 0

    /// The rules of each tier.
    private(set) var rules: ContiguousArray<LimitRules>
    private var index = DigestIndex()
    private var slots: ContiguousArray<Slot> = []
    private var records: ContiguousArray<Record> = []
    private var links: ContiguousArray<Link> = []
    private var vacant: [UInt32] = []
    private var dues = Heap<Due>()
    private var oldest = Self.nobody
    private var newest = Self.nobody
    /// Where the last search ended: asking is followed by taking.
    private var lastFound = 0

    /// No keys, and room for `maxKeys` (at least 1) that follow the rules of their tiers.
    init(rules: [LimitRules], maxKeys: Int) {
        self.rules = ContiguousArray(rules)
        self.maxKeys = Self.bound(maxKeys)
    }

    /// What a call of that cost takes of the key.
    func weight(of key: LimitKey, cost: Int) -> Int {
        rules[tier(key)].weight(cost: cost)
    }

    /// Keys held.
    var count: Int { index.count }

    /// The earliest moment at which `units` of the key fit after `ahead` others and beside `reserved` more, as
    /// `LimitRules.earliest`.
    mutating func earliest(_ key: LimitKey, units: Int, ahead: Int, reserved: Int, now: Instant) -> Instant? {
        guard let slot = find(key.digest) else {
            var unused = LimitState()
            return rules[tier(key)].earliest(&unused, units: units, ahead: ahead, reserved: reserved, now: now)
        }
        return rules[tier(key)].earliest(&slots[slot].state, units: units, ahead: ahead, reserved: reserved, now: now)
    }

    /// Takes `units` of the key for the admission of that `number`.
    mutating func take(_ key: LimitKey, units: Int, number: UInt32, now: Instant) {
        if let slot = find(key.digest) {
            rules[tier(key)].take(&slots[slot].state, units: units, now: now)
            moveToNewest(slot)
        } else {
            var state = LimitState()
            rules[tier(key)].take(&state, units: units, now: now)
            insert(key, state, number: number, now: now)
        }
    }

    /// Gives back what the admission of that `number` took at `takenAt`.
    mutating func giveBack(_ key: LimitKey, units: Int, takenAt: Instant, number: UInt32, now: Instant) {
        guard let slot = find(key.digest), number.isSince(records[slot].birth) else { return }
        rules[tier(key)].giveBack(&slots[slot].state, units: units, takenAt: takenAt, now: now)
        forgetIfUnused(slot, now: now)
    }

    /// Frees the place that the admission of that `number` held.
    mutating func release(_ key: LimitKey, number: UInt32, now: Instant) {
        guard let slot = find(key.digest), number.isSince(records[slot].birth) else { return }
        rules[tier(key)].release(&slots[slot].state)
        forgetIfUnused(slot, now: now)
    }

    /// Forgets what was used of a key. Places in flight stay taken: they are.
    mutating func reset(_ digest: KeyDigest) {
        guard let slot = find(digest), !rules[Int(records[slot].tier)].holdsPlaces else { return }
        forget(slot)
    }

    /// Forgets what was used of all keys. Visits all keys.
    mutating func resetAll() {
        var next = oldest
        while next != Self.nobody {
            let slot = Int(next)
            next = links[slot].newer
            if !rules[Int(records[slot].tier)].holdsPlaces { forget(slot) }
        }
    }

    private mutating func clear() {
        index = DigestIndex()
        slots = []
        records = []
        links = []
        vacant = []
        dues = Heap()
        (oldest, newest, lastFound) = (Self.nobody, Self.nobody, 0)
    }

    /// Forgets some keys of which nothing is used any more, so that `count` tells of those in use.
    mutating func sweep(now: Instant, steps: Int) {
        for _ in 0..<steps {
            guard let due = dues.min, due.moment <= now else { return }
            _ = dues.removeMin()
            let slot = due.slot
            guard records[slot].due == due.moment, !records[slot].isVacant else { continue }
            records[slot].due = .distantFuture
            if rules[Int(records[slot].tier)].isUnused(&slots[slot].state, now: now) {
                forget(slot)
            } else {
                watch(slot, now: now)
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
        self.maxKeys = Self.bound(maxKeys)
        var next = oldest
        while next != Self.nobody {
            let slot = Int(next)
            next = links[slot].newer
            let former = Int(records[slot].tier)
            guard let tier = tiers[former] else {
                forget(slot)
                continue
            }
            changed[tier].convert(&slots[slot].state, from: rules[former], now: now)
            records[slot].tier = UInt16(tier)
        }
        rules = ContiguousArray(changed)
        while count > self.maxKeys { dropOldest(now: now) }
    }

    /// Tells how far the wall clock is ahead of the monotonic one.
    mutating func setWallOffset(_ offset: TimeSpan) {
        for tier in rules.indices { rules[tier].wallOffset = offset }
    }

    /// A call may bring a key of a former configuration, with more tiers.
    private func tier(_ key: LimitKey) -> Int {
        min(key.tier, rules.count - 1)
    }

    // MARK: Slots

    private mutating func find(_ digest: KeyDigest) -> Int? {
        if lastFound < slots.count, slots[lastFound].digest == digest { return lastFound }
        guard let slot = index.find(digest, { slots[$0].digest == digest }) else { return nil }
        lastFound = slot
        return slot
    }

    private mutating func insert(_ key: LimitKey, _ state: LimitState, number: UInt32, now: Instant) {
        sweep(now: now, steps: Self.steps)
        if count >= maxKeys { makeRoom(now: now) }
        let slot = Slot(digest: key.digest, state: state)
        let record = Record(birth: number, tier: UInt16(tier(key)))
        let place: Int
        if let reused = vacant.popLast() {
            place = Int(reused)
            slots[place] = slot
            records[place] = record
        } else {
            place = slots.count
            slots.append(slot)
            records.append(record)
            links.append(Link())
        }
        index.insert(key.digest, slot: place)
        append(place)
        watch(place, now: now)
        lastFound = place
    }

    private mutating func makeRoom(now: Instant) {
        let full = count
        var steps = Self.stepsAtBound
        while count == full, steps > 0, let due = dues.min, due.moment <= now {
            sweep(now: now, steps: 1)
            steps -= 1
        }
        if count == full { dropOldest(now: now) }
    }

    private mutating func dropOldest(now: Instant) {
        guard oldest != Self.nobody else { return }
        let slot = Int(oldest)
        if !rules[Int(records[slot].tier)].isUnused(&slots[slot].state, now: now) { evictions += 1 }
        forget(slot)
    }

    private mutating func forgetIfUnused(_ slot: Int, now: Instant) {
        if rules[Int(records[slot].tier)].isUnused(&slots[slot].state, now: now) { forget(slot) }
    }

    private mutating func forget(_ slot: Int) {
        index.remove(slots[slot].digest, slot: slot)
        unlink(slot)
        guard count > 0 else { return clear() }
        records[slot].isVacant = true
        slots[slot] = Slot(digest: Self.noDigest, state: LimitState())
        vacant.append(UInt32(slot))
    }

    /// Notes when the slot may be full again. One that time alone does not fill is forgotten when its places are free.
    private mutating func watch(_ slot: Int, now: Instant) {
        let rules = rules[Int(records[slot].tier)]
        guard let moment = rules.fullAgain(&slots[slot].state, now: now) else { return }
        let due = max(moment, now + Self.leastWatch)
        records[slot].due = due
        dues.insert(Due(moment: due, slot: slot))
        // Those of slots that were vacated early are dropped when they are as many as the rest.
        if dues.count > 2 * count + 64 {
            dues = Heap(dues.unordered.filter { records[$0.slot].due == $0.moment && !records[$0.slot].isVacant })
        }
    }

    // MARK: The order of use

    private mutating func moveToNewest(_ slot: Int) {
        guard Int(newest) != slot else { return }
        unlink(slot)
        append(slot)
    }

    private mutating func append(_ slot: Int) {
        let place = UInt32(slot)
        links[slot].older = newest
        links[slot].newer = Self.nobody
        if newest == Self.nobody { oldest = place } else { links[Int(newest)].newer = place }
        newest = place
    }

    private mutating func unlink(_ slot: Int) {
        let (older, newer) = (links[slot].older, links[slot].newer)
        if older == Self.nobody { oldest = newer } else { links[Int(older)].newer = newer }
        if newer == Self.nobody { newest = older } else { links[Int(newer)].older = older }
    }

    private static func bound(_ maxKeys: Int) -> Int {
        min(max(1, maxKeys), Int(Int32.max))
    }
}
