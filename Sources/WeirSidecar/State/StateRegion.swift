internal import WeirCore

/// A region of the state file: where one limit, or one scope, is written.
struct StateRegion: Sendable {
    let segment: MappedSegment
    /// The region's first word in the segment.
    let start: Int
    let identity: KeyDigest
    /// Content words in an entry.
    let ring: Int
    let entries: Int
    let shape: UInt64

    /// Words that a region takes.
    static func words(ring: Int, entries: Int) -> Int {
        StateLayout.Region.words + entries * StateLayout.Entry.stride(ring: ring)
    }

    // MARK: The header

    /// Writes the header of a new region whose content is to follow.
    init(
        at start: Int, of segment: MappedSegment, identity: KeyDigest, ring: Int, entries: Int, shape: UInt64
    ) {
        (self.segment, self.start, self.identity) = (segment, start, identity)
        (self.ring, self.entries, self.shape) = (ring, entries, shape)
        let length = UInt64(Self.words(ring: ring, entries: entries))
        let header = [
            StateLayout.regionMagic, length, identity.first, identity.second, UInt64(ring), UInt64(entries), shape,
        ]
        for (place, word) in header.enumerated().dropFirst() { segment.store(start + place, word) }
        segment.store(start + StateLayout.Region.check, StateWord.check(header))
        segment.store(start + StateLayout.Region.magic, StateLayout.regionMagic)
    }

    /// Reads the header of a region that ends by `limit`; nil where it is none, or damaged.
    init?(reading segment: MappedSegment, at start: Int, upTo limit: Int) {
        guard start + StateLayout.Region.words <= limit else { return nil }
        let header = (0..<StateLayout.Region.check).map { segment.load(start + $0) }
        guard header[StateLayout.Region.magic] == StateLayout.regionMagic,
            segment.load(start + StateLayout.Region.check) == StateWord.check(header),
            let ring = Int(exactly: header[StateLayout.Region.ring]), (1...EntryShape.limitRing).contains(ring),
            let entries = Int(exactly: header[StateLayout.Region.entries]), entries > 0, entries <= limit,
            header[StateLayout.Region.length] == UInt64(Self.words(ring: ring, entries: entries)),
            start + Self.words(ring: ring, entries: entries) <= limit
        else { return nil }
        (self.segment, self.start, self.ring, self.entries) = (segment, start, ring, entries)
        identity = KeyDigest(
            first: header[StateLayout.Region.identity], second: header[StateLayout.Region.identity + 1])
        shape = header[StateLayout.Region.shape]
    }

    /// What the region is; nil where the word is damaged.
    var state: RegionState? {
        StateWord.open(segment.load(start + StateLayout.Region.state)).flatMap(RegionState.init)
    }

    /// Says what the region is from here on.
    func become(_ state: RegionState) {
        segment.store(start + StateLayout.Region.state, StateWord.seal(state.rawValue))
    }

    /// How many words it takes.
    var words: Int { Self.words(ring: ring, entries: entries) }

    // MARK: Entries

    /// The first word of an entry.
    func entry(_ index: Int) -> Int {
        start + StateLayout.Region.words + index * StateLayout.Entry.stride(ring: ring)
    }

    /// Whether an entry is in use.
    func isUsed(_ index: Int) -> Bool {
        segment.load(entry(index) + StateLayout.Entry.tag) != 0
    }

    /// The digest of the key that an entry is for.
    func digest(_ index: Int) -> KeyDigest {
        let place = entry(index) + StateLayout.Entry.digest
        return KeyDigest(first: segment.load(place), second: segment.load(place + 1))
    }

    /// Gives an entry to another key. A kill on the way leaves it void: what it forgets has been evicted, or not been sent.
    /// `content` writes what the new key has used so far.
    func begin(_ index: Int, digest: KeyDigest, _ shape: EntryShape, content: (_ first: Int) -> Void) {
        let base = entry(index)
        segment.store(base + StateLayout.Entry.tag, 0)
        clear(index)
        let words = [digest.first, digest.second, shape.tierWord, shape.figures.0, shape.figures.1]
        for (place, word) in words.enumerated() { segment.store(base + 1 + place, word) }
        content(base + StateLayout.Entry.content)
        segment.store(base + StateLayout.Entry.tag, StateWord.check(words))
    }

    /// Forgets what an entry's key has used.
    func clear(_ index: Int) {
        let content = entry(index) + StateLayout.Entry.content
        for place in 0..<ring where segment.load(content + place) != 0 { segment.store(content + place, 0) }
    }

    /// Whether every word of the entries in use is sound.
    var isSound: Bool {
        for index in 0..<entries where isUsed(index) {
            let base = entry(index)
            let words = (1..<StateLayout.Entry.content).lazy.map { segment.load(base + $0) }
            guard segment.load(base) == StateWord.check(words) else { return false }
            for place in 0..<ring {
                guard StateWord.open(segment.load(base + StateLayout.Entry.content + place)) != nil else {
                    return false
                }
            }
        }
        return true
    }

    /// What an entry in use has kept, as of `now`, and its tier's word; nil where that is nothing that still counts.
    func trace(_ index: Int, now: Instant) -> (tier: UInt64, trace: LimitTrace)? {
        let base = entry(index)
        let tier = segment.load(base + StateLayout.Entry.tier)
        let figures = segment.load(base + StateLayout.Entry.figures)
        let content = base + StateLayout.Entry.content
        switch EntryKind(rawValue: tier & 0xf) {
        case .units:
            guard figures > 0 else { return nil }
            let taken = (0..<ring).compactMap {
                StateBucket(StateWord.payload(segment.load(content + $0))).taken(now: now, length: figures, ring: ring)
            }
            return taken.isEmpty ? nil : (tier, .units(taken.sorted { $0.moment < $1.moment }))
        case .debt:
            guard let until = StateMoment.moment(StateWord.payload(segment.load(content))), until > now else {
                return nil
            }
            let period = segment.load(base + StateLayout.Entry.figures + 1)
            let rate = Rate(
                permits: Int64(clamping: figures), per: TimeSpan(nanoseconds: Int64(clamping: period)))
            return (tier, .debt(until: until, rate: rate))
        case .last:
            return StateMoment.moment(StateWord.payload(segment.load(content))).map { (tier, .last(min($0, now))) }
        case .scope, .nothing, nil:
            return nil
        }
    }
}
