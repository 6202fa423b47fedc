internal import WeirCore

/// Judges a state file that was found.
enum StateReader {
    /// What can be done with a file.
    enum Verdict {
        /// It goes on; the wall clock may have been set back.
        case usable(StateFile.Books, isSetBack: Bool)
        /// Its moments mean nothing any more; its stops do, by the wall clock.
        case otherBoot(seed: KeySeed, scopes: [(identity: KeyDigest, stops: [StateScope.WallStop])])
        /// It is to be set aside: why, and a word for its name.
        case unusable(reason: String, kind: String)
    }

    /// More than a wall clock is off by chance: so far back, it was set.
    private static let clockTolerance = TimeSpan.seconds(1)

    /// Reads a file of that length whole.
    static func read(
        _ descriptor: Int32, bytes: Int, clock: StateFile.Clock, afterStore: (@Sendable () -> Void)?
    ) throws(SystemFailure) -> Verdict {
        guard bytes >= StateLayout.page else { return .unusable(reason: "it is cut off", kind: "corrupt") }
        let segment = try MappedSegment(
            descriptor, offset: 0, bytes: bytes / StateLayout.page * StateLayout.page, afterStore: afterStore)
        if let reason = defect(of: segment) { return reason }
        guard let end = StateWord.open(segment.load(StateLayout.Header.end)).flatMap({ Int(exactly: $0) }),
            end <= segment.count * 8, end % StateLayout.page == 0
        else { return .unusable(reason: "it is cut off", kind: "corrupt") }
        for word in [StateLayout.Header.wallOffset, StateLayout.Header.setBackAt]
        where StateWord.open(segment.load(word)) == nil {
            return damaged
        }
        guard let regions = regions(in: segment, upTo: end / 8) else { return damaged }

        let boot = KeyDigest(
            first: segment.load(StateLayout.Header.boot), second: segment.load(StateLayout.Header.boot + 1))
        guard boot == clock.boot else {
            let seed = KeySeed(
                segment.load(StateLayout.Header.seed), segment.load(StateLayout.Header.seed + 1))
            let scopes = regions.filter { $0.state == .live && $0.shape == StateMaker.scopeShape }
                .map { (identity: $0.identity, stops: StateScope(region: $0).wallStops) }
            return .otherBoot(seed: seed, scopes: scopes)
        }
        // What a kill left behind the end was never in use. Holes, as a copy of the file may have, are filled.
        try FileSystem.truncate(descriptor, to: end)
        try FileSystem.allocate(descriptor, from: 0, to: end)
        let told = StateHeader.wallOffset(segment.load(StateLayout.Header.wallOffset))
        let isSetBack = clock.wallOffset + clockTolerance < told
        if isSetBack {
            let word = StateWord.seal(StateMoment.payload(clock.now))
            segment.store(StateLayout.Header.setBackAt, word)
        }
        segment.store(StateLayout.Header.wallOffset, StateHeader.word(wallOffset: clock.wallOffset))
        let books = StateFile.Books(descriptor: descriptor, header: segment, regions: regions, end: end)
        return .usable(books, isSetBack: isSetBack)
    }

    private static let damaged = Verdict.unusable(reason: "it is damaged", kind: "corrupt")

    private static func defect(of segment: MappedSegment) -> Verdict? {
        guard segment.load(StateLayout.Header.magic) == StateLayout.magic else {
            return .unusable(reason: "it is no state file", kind: "corrupt")
        }
        let words = (0..<StateLayout.Header.check).map { segment.load($0) }
        let isSound = segment.load(StateLayout.Header.check) == StateWord.check(words)
        let version = segment.load(StateLayout.Header.version)
        // A later version may keep its check elsewhere, and be later all the same.
        if version != StateLayout.version {
            return version > StateLayout.version && version < 1 << 16
                ? .unusable(reason: "it is of version \(version), later than this Weir knows", kind: "newer") : damaged
        }
        return isSound ? nil : damaged
    }

    /// The regions up to a word; nil where one is damaged, or in use with a damaged entry.
    private static func regions(in segment: MappedSegment, upTo end: Int) -> [StateRegion]? {
        let page = StateLayout.page / 8
        var regions: [StateRegion] = []
        var place = page
        while place < end {
            // The rest of a page is empty behind the last region that was added with it.
            if place % page != 0, segment.load(place) == 0 {
                place = (place / page + 1) * page
                continue
            }
            guard let region = StateRegion(reading: segment, at: place, upTo: end), let state = region.state,
                state != .live || region.isSound
            else { return nil }
            regions.append(region)
            place += region.words
        }
        return regions
    }
}
