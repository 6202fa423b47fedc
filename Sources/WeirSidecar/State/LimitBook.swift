internal import WeirCore

/// Where one limit is written down.
final class LimitBook: Sendable {
    /// The limit's place.
    let limit: Int
    let settings: LimitSettings
    let region: StateRegion
    /// Regions that this one replaces once their use has been copied; none where it goes on.
    let former: [StateRegion]
    /// How each tier is written.
    let shapes: [EntryShape]
    let isKeyed: Bool
    /// For each place at which a key is counted its entry; empty: the entry of the same number.
    let entries: [Int]

    init(
        limit: Int, settings: LimitSettings, region: StateRegion, former: [StateRegion], shapes: [EntryShape],
        entries: [Int] = []
    ) {
        self.limit = limit
        self.settings = settings
        self.region = region
        self.former = former
        self.shapes = shapes
        self.entries = entries
        isKeyed = settings.isKeyed
    }

    /// The same, with other entries for the places.
    func with(entries: [Int]) -> LimitBook {
        LimitBook(
            limit: limit, settings: settings, region: region, former: [], shapes: shapes, entries: entries)
    }

    /// The entry of a place at which a key is counted.
    func entry(_ slot: Int) -> Int {
        slot < entries.count ? entries[slot] : slot
    }

    // MARK: Writing

    /// Writes down what was taken.
    func took(_ charge: Charge, now: Instant) {
        let index = entry(charge.slot)
        let shape = shapes[min(charge.key?.tier ?? 0, shapes.count - 1)]
        guard index < region.entries else { return }
        if let key = charge.key, !region.isUsed(index) || region.digest(index) != key.digest {
            region.begin(index, digest: key.digest, shape) { write(charge, shape, at: $0, now: now) }
        } else {
            write(charge, shape, at: region.entry(index) + StateLayout.Entry.content, now: now)
        }
    }

    private func write(_ charge: Charge, _ shape: EntryShape, at content: Int, now: Instant) {
        switch shape.kind {
        case .units:
            add(charge.units, shape, at: content, moment: now)
        case .debt, .last:
            region.segment.store(content, StateWord.seal(StateMoment.payload(charge.mark)))
        case .scope, .nothing:
            break
        }
    }

    private func add(_ units: Int, _ shape: EntryShape, at content: Int, moment: Instant) {
        let bucket = StateBucket(at: moment, length: shape.figures.0)
        let place = content + bucket.place(in: region.ring)
        let old = StateBucket(StateWord.payload(region.segment.load(place)))
        region.segment.store(place, StateWord.seal(bucket.adding(units, to: old, ring: region.ring).payload))
    }

    /// Writes down what was given back.
    func gaveBack(_ charge: Charge, takenAt: Instant) {
        let index = entry(charge.slot)
        let shape = shapes[min(charge.key?.tier ?? 0, shapes.count - 1)]
        guard index < region.entries else { return }
        if let key = charge.key, !region.isUsed(index) || region.digest(index) != key.digest { return }
        let content = region.entry(index) + StateLayout.Entry.content
        switch shape.kind {
        case .units:
            let bucket = StateBucket(at: takenAt, length: shape.figures.0)
            let place = content + bucket.place(in: region.ring)
            let old = StateBucket(StateWord.payload(region.segment.load(place)))
            region.segment.store(place, StateWord.seal(bucket.removing(charge.units, from: old).payload))
        case .debt, .last:
            region.segment.store(content, StateWord.seal(StateMoment.payload(charge.mark)))
        case .scope, .nothing:
            break
        }
    }

    /// Forgets what was used.
    func reset(slots: [Int]?) {
        for index in slots?.map(entry) ?? Array(0..<region.entries) where index < region.entries {
            if region.isUsed(index) { region.clear(index) }
        }
    }

    // MARK: Reading

    /// What is kept of each key, or of the limit, that still counts at `now`: by digest, with the first entry that has it.
    private static func kept(
        _ regions: [StateRegion], now: Instant
    ) -> [(digest: KeyDigest, tier: UInt64, trace: LimitTrace)] {
        var places: [KeyDigest: Int] = [:]
        var kept: [(digest: KeyDigest, tier: UInt64, trace: LimitTrace)] = []
        for region in regions {
            for index in 0..<region.entries where region.isUsed(index) {
                guard let (tier, trace) = region.trace(index, now: now) else { continue }
                let digest = region.digest(index)
                if let place = places[digest] {
                    kept[place].trace = kept[place].trace.joined(trace)
                } else {
                    places[digest] = kept.count
                    kept.append((digest, tier, trace))
                }
            }
        }
        return kept.sorted { $0.trace.newest < $1.trace.newest }
    }

    /// What was used of the limit before a restart.
    func recall(spentAt: Instant?, now: Instant) -> KeptLimit {
        let keys = Self.kept([region], now: now).compactMap { entry -> KeptKey? in
            guard let tier = shapes.firstIndex(where: { $0.tierWord == entry.tier }) else { return nil }
            return KeptKey(key: isKeyed ? LimitKey(digest: entry.digest, tier: tier) : nil, trace: entry.trace)
        }
        return KeptLimit(limit: limit, spentAt: spentAt, keys: keys)
    }

    /// The same with each key's entry at the place at which it is counted now.
    func arranged(_ slot: (LimitKey) -> Int?) -> LimitBook {
        guard isKeyed else { return self }
        var entries = [Int?](repeating: nil, count: region.entries)
        var isTaken = [Bool](repeating: false, count: region.entries)
        for index in 0..<region.entries where region.isUsed(index) {
            guard let place = slot(LimitKey(digest: region.digest(index), tier: 0)), place < entries.count,
                entries[place] == nil
            else { continue }
            entries[place] = index
            isTaken[index] = true
        }
        var free = isTaken.indices.lazy.filter { !isTaken[$0] }.makeIterator()
        return with(entries: entries.map { $0 ?? free.next() ?? 0 })
    }

    // MARK: Taking over

    /// Fills a new region with what those it replaces have, and puts it in their place. Until then they count; in between
    /// both do.
    func takeOver(now: Instant) {
        let kept = Self.kept(former, now: now)
        for (index, entry) in kept.enumerated() where index < region.entries {
            copy(entry.trace, of: entry.digest, tier: entry.tier, to: index, now: now)
        }
        replaceFormer()
    }

    /// The same, for keys that are counted at the places that `old` knows: they keep them.
    func takeOver(from old: LimitBook, now: Instant) {
        for slot in 0..<min(old.region.entries, region.entries) {
            let index = old.entry(slot)
            guard old.region.isUsed(index), let (tier, trace) = old.region.trace(index, now: now) else { continue }
            copy(trace, of: old.region.digest(index), tier: tier, to: slot, now: now)
        }
        replaceFormer()
    }

    private func replaceFormer() {
        if !isKeyed, !region.isUsed(0) { region.begin(0, digest: KeyDigest(first: 0, second: 0), shapes[0]) { _ in } }
        region.become(.live)
        for region in former { region.become(.void) }
    }

    private func copy(_ trace: LimitTrace, of digest: KeyDigest, tier: UInt64, to index: Int, now: Instant) {
        guard let place = shapes.firstIndex(where: { $0.tierWord == tier }) else { return }
        let shape = shapes[place]
        region.begin(index, digest: digest, shape) { content in
            switch trace {
            case .units(let units):
                for taken in units { add(taken.count, shape, at: content, moment: taken.moment) }
            case .debt, .last:
                let rules = settings.rules()[place]
                let mark = rules.mark(rules.restored(trace, spentAt: nil, now: now), now: now)
                region.segment.store(content, StateWord.seal(StateMoment.payload(mark)))
            }
        }
    }
}

extension LimitTrace {
    /// The use of both: where the same key was written twice, since it had been forgotten in between.
    fileprivate func joined(_ other: LimitTrace) -> LimitTrace {
        switch (self, other) {
        case (.units(let mine), .units(let theirs)):
            .units((mine + theirs).sorted { $0.moment < $1.moment })
        case (.debt(let mine, _), .debt(let theirs, _)): mine < theirs ? other : self
        case (.last(let mine), .last(let theirs)): .last(max(mine, theirs))
        case (.units, _), (.debt, _), (.last, _): self
        }
    }

    /// When it was last added to, or what grows with that.
    fileprivate var newest: Instant {
        switch self {
        case .units(let units): units.last?.moment ?? Instant(nanoseconds: 0)
        case .debt(let until, _): until
        case .last(let moment): moment
        }
    }
}
