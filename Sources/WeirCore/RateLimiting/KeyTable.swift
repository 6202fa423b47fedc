/// The states of keys, found by digest: an open-addressed table with the entries in it, so that finding a key and reading
/// its state is one visit to memory, which is what an admission among many keys costs.
///
/// Linear probing, at most two thirds full. Removal shifts back what follows, so no searches grow longer with time; that
/// moves entries, so a place is good until the next insertion or removal only.
struct KeyTable: Sendable {
    /// What every call reads and writes: 64 bytes, a cache line's worth.
    struct Entry {
        var digest: KeyDigest
        var state: LimitState
        /// When it was last used, by the count of uses.
        var lastUse: UInt32
    }

    /// What is needed when a key comes or goes.
    struct Record {
        /// The number of the admission that made the key: what was taken before is none of its own.
        let birth: UInt32
        var tier: UInt16
        /// A number below `mostKeys` that no other key has, and that stays with the key wherever it stands.
        let slot: UInt32
    }

    /// What a vacant place has. Of the keys, one in 2¹²⁸ has it.
    private static let noDigest = KeyDigest(first: 0, second: 0)
    private static let leastPlaces = 16

    var entries: ContiguousArray<Entry> = []
    var records: ContiguousArray<Record> = []
    /// Keys held.
    private(set) var count = 0
    /// More places than this are not of use.
    private let mostPlaces: Int

    /// An empty table that is to hold `mostKeys` at most.
    init(mostKeys: Int) {
        mostPlaces = max(Self.leastPlaces, mostKeys + mostKeys / 5 * 4)
    }

    /// The place of a key.
    @inline(__always)
    func find(_ digest: KeyDigest) -> Int? {
        guard count > 0 else { return nil }
        var place = home(digest.first)
        while true {
            let other = entries[place].digest
            if other == digest { return place }
            if other == Self.noDigest { return nil }
            place = after(place)
        }
    }

    /// The place of a key by the first half of its digest.
    func find(firstHalf: UInt64) -> Int? {
        guard count > 0 else { return nil }
        var place = home(firstHalf)
        while isTaken(place) {
            if entries[place].digest.first == firstHalf { return place }
            place = after(place)
        }
        return nil
    }

    /// Whether a place holds a key.
    func isTaken(_ place: Int) -> Bool {
        entries[place].digest != Self.noDigest
    }

    /// The place that is looked at after `place`; the first after the last.
    @inline(__always)
    func after(_ place: Int) -> Int {
        place + 1 == entries.count ? 0 : place + 1
    }

    /// Enters a key that is not in yet. Returns its place.
    mutating func insert(_ entry: Entry, _ record: Record) -> Int {
        if (count + 1) * 3 > entries.count * 2 { resize(min(entries.count * 2, mostPlaces)) }
        count += 1
        return put(entry, record)
    }

    /// Takes out the key at a place.
    mutating func remove(at place: Int) {
        var hole = place
        var next = after(place)
        while isTaken(next) {
            // It may move into the hole unless its home lies after the hole.
            if distance(from: home(entries[next].digest.first), to: next) >= distance(from: hole, to: next) {
                entries[hole] = entries[next]
                records[hole] = records[next]
                hole = next
            }
            next = after(next)
        }
        vacate(hole)
        count -= 1
        if count * 16 < entries.count { resize(count * 4) }
    }

    /// Keeps what `change` returns true for, after it was changed. Visits all keys.
    mutating func filter(mostKeys: Int, _ change: (inout Entry, inout Record) -> Bool) {
        var others = KeyTable(mostKeys: max(mostKeys, count))
        for place in entries.indices where isTaken(place) {
            if change(&entries[place], &records[place]) { _ = others.insert(entries[place], records[place]) }
        }
        self = others
    }

    private mutating func resize(_ size: Int) {
        let (old, oldRecords) = (entries, records)
        let size = max(size, Self.leastPlaces)
        entries = ContiguousArray(
            repeating: Entry(digest: Self.noDigest, state: LimitState(), lastUse: 0), count: size)
        records = ContiguousArray(repeating: Record(birth: 0, tier: 0, slot: 0), count: size)
        for place in old.indices where old[place].digest != Self.noDigest {
            _ = put(old[place], oldRecords[place])
        }
    }

    private mutating func put(_ entry: Entry, _ record: Record) -> Int {
        var place = home(entry.digest.first)
        while isTaken(place) { place = after(place) }
        entries[place] = entry
        records[place] = record
        return place
    }

    private mutating func vacate(_ place: Int) {
        entries[place] = Entry(digest: Self.noDigest, state: LimitState(), lastUse: 0)
    }

    /// Where a search begins: the places divide the range of the hash evenly.
    @inline(__always)
    private func home(_ firstHalf: UInt64) -> Int {
        Int(truncatingIfNeeded: firstHalf.multipliedFullWidth(by: UInt64(entries.count)).high)
    }

    private func distance(from place: Int, to other: Int) -> Int {
        other >= place ? other - place : other - place + entries.count
    }
}
