internal import WeirCore

/// Makes state files and regions.
enum StateMaker {
    /// The shape of a scope's region.
    static let scopeShape = StateWord.check([EntryShape.scope.tierWord])

    /// Makes a file beside the path and puts it there in one step, so that there is always a whole one.
    static func make(
        _ path: String, _ header: StateHeader, _ clock: StateFile.Clock, setBackAt: Instant? = nil,
        afterStore: (@Sendable () -> Void)?, _ fill: (inout StateFile.Books) throws -> Void
    ) throws -> StateFile.Books {
        let temporary = path + ".new"
        let descriptor = try FileSystem.create(temporary)
        do {
            try FileSystem.allocate(descriptor, from: 0, to: StateLayout.page)
            let segment = try MappedSegment(
                descriptor, offset: 0, bytes: StateLayout.page, afterStore: afterStore)
            header.write(to: segment, end: StateLayout.page, wallOffset: clock.wallOffset, setBackAt: setBackAt)
            var books = StateFile.Books(descriptor: descriptor, header: segment, regions: [], end: StateLayout.page)
            try fill(&books)
            try FileSystem.replace(path, with: temporary)
            return books
        } catch {
            FileSystem.release(descriptor)
            FileSystem.remove(temporary)
            throw error
        }
    }

    /// Makes the file anew without what is void.
    static func pack(
        _ path: String, _ old: StateFile.Books, _ clock: StateFile.Clock, afterStore: (@Sendable () -> Void)?
    ) throws -> StateFile.Books {
        let words = (0..<StateLayout.Header.check).map { old.header.load($0) }
        let seed = KeySeed(words[StateLayout.Header.seed], words[StateLayout.Header.seed + 1])
        let spentAt = StateMoment.moment(words[StateLayout.Header.spentAt])
        let setBackAt = StateMoment.moment(StateWord.payload(old.header.load(StateLayout.Header.setBackAt)))
        let header = StateHeader(boot: clock.boot, seed: seed, spentAt: spentAt)
        return try make(path, header, clock, setBackAt: setBackAt, afterStore: afterStore) { books in
            let live = old.regions.filter { $0.state == .live }
            guard !live.isEmpty else { return }
            let orders = live.map {
                StateFile.Order(identity: $0.identity, ring: $0.ring, entries: $0.entries, shape: $0.shape)
            }
            for (region, former) in zip(try add(orders, to: &books, afterStore: afterStore), live) {
                for word in StateLayout.Region.words..<region.words {
                    let content = former.segment.load(former.start + word)
                    if content != 0 { region.segment.store(region.start + word, content) }
                }
                region.become(.live)
            }
        }
    }

    /// Carries stops into another boot: what is left of them by the wall clock, at most what they were meant to last.
    static func carry(
        _ scopes: [(identity: KeyDigest, stops: [StateScope.WallStop])], into books: inout StateFile.Books,
        clock: StateFile.Clock, afterStore: (@Sendable () -> Void)?
    ) throws(SystemFailure) {
        let wall = clock.now + clock.wallOffset
        let left = scopes.filter { $0.stops.contains { $0.end > wall } }
        guard !left.isEmpty else { return }
        let regions = try add(left.map { order(scope: $0.identity) }, to: &books, afterStore: afterStore)
        for (region, scope) in zip(regions, left) {
            begin(scope: region)
            for stop in scope.stops {
                let until = clock.now + min(stop.end - wall, stop.length)
                StateScope(region: region).stop(
                    until: until, isBan: stop.isBan, wallOffset: clock.wallOffset, now: clock.now)
            }
            region.become(.live)
        }
    }

    /// A region for a scope.
    static func order(scope identity: KeyDigest) -> StateFile.Order {
        StateFile.Order(identity: identity, ring: StateLayout.Scope.words, entries: 1, shape: scopeShape)
    }

    /// Begins a scope's only entry.
    static func begin(scope region: StateRegion) {
        region.begin(0, digest: KeyDigest(first: 0, second: 0), .scope) { _ in }
    }

    /// Adds regions at the end. A kill on the way leaves the end where it was.
    static func add(
        _ orders: [StateFile.Order], to books: inout StateFile.Books, afterStore: (@Sendable () -> Void)?
    ) throws(SystemFailure) -> [StateRegion] {
        guard !orders.isEmpty else { return [] }
        let words = orders.reduce(0) { $0 + StateRegion.words(ring: $1.ring, entries: $1.entries) }
        let bytes = (words * 8 + StateLayout.page - 1) / StateLayout.page * StateLayout.page
        let end = books.end + bytes
        let segment: MappedSegment
        do {
            try FileSystem.allocate(books.descriptor, from: books.end, to: end)
            segment = try MappedSegment(
                books.descriptor, offset: books.end, bytes: bytes, afterStore: afterStore)
        } catch {
            try? FileSystem.truncate(books.descriptor, to: books.end)
            throw error
        }
        var place = 0
        let regions = orders.map { order in
            defer { place += StateRegion.words(ring: order.ring, entries: order.entries) }
            return StateRegion(
                at: place, of: segment, identity: order.identity, ring: order.ring, entries: order.entries,
                shape: order.shape)
        }
        books.header.store(StateLayout.Header.end, StateWord.seal(UInt64(end)))
        books.end = end
        books.regions += regions
        return regions
    }
}
