package import WeirCore
package import WeirProxy
package import WeirRuntime

/// Where one upstream is written down in the state file: a region for each of its limits, and one for the stops and the
/// circuit of each scope.
///
/// At the start: made, asked what it has kept (`recall`), and exchanged for a journal once that is in the limits again. At a
/// reload: made for the new limits on any thread, then `journal(following:)` on the loop.
package final class UpstreamBooks: UpstreamMemory {
    let file: StateFile
    let limits: [LimitBook]
    /// The upstream's scope, then each endpoint's.
    let scopes: [StateScope]

    /// Finds or makes room for the limits that all calls of an upstream share, and those of each endpoint. What is found is
    /// left as it is until it is taken over. Takes up to some milliseconds of the disk.
    ///
    /// - Parameter isReload: the keys are to stay at the places at which a running limiter counts them.
    /// - Throws: where there is no room.
    package init(
        _ file: StateFile, upstream: String, shared: [LimitSettings],
        endpoints: [(name: String, limits: [LimitSettings])], isReload: Bool = false
    ) throws(StateFileError) {
        self.file = file
        var plans = shared.map { LimitPlan($0, LimitIdentity(upstream: upstream, endpoint: nil, $0), file) }
        for endpoint in endpoints {
            plans += endpoint.limits.map {
                LimitPlan($0, LimitIdentity(upstream: upstream, endpoint: endpoint.name, $0), file)
            }
        }
        let names: [String?] = [nil] + endpoints.map(\.name)
        let identities = names.map { LimitIdentity(upstream: upstream, endpoint: $0).digest }
        let found = identities.map { identity in file.live(identity).first }

        let missing = plans.filter { $0.adopted == nil }
        var orders = missing.map { $0.order(isReload: isReload) }
        for (identity, region) in zip(identities, found) where region == nil {
            orders.append(StateMaker.order(scope: identity))
        }
        var made = try file.add(orders)[...]
        limits = plans.enumerated().map { place, plan in
            if let region = plan.adopted {
                return LimitBook(
                    limit: place, settings: plan.settings, region: region, former: [], shapes: plan.shapes)
            }
            return LimitBook(
                limit: place, settings: plan.settings, region: made.removeFirst(), former: plan.found,
                shapes: plan.shapes)
        }
        scopes = found.map { region in
            if let region { return StateScope(region: region) }
            let region = made.removeFirst()
            StateMaker.begin(scope: region)
            region.become(.live)
            return StateScope(region: region)
        }
    }

    /// Whose regions these are.
    var identities: [KeyDigest] {
        limits.map(\.region.identity) + scopes.map(\.region.identity)
    }

    /// The books of an upstream.
    package convenience init(
        _ file: StateFile, for upstream: UpstreamSettings, isReload: Bool = false
    ) throws(StateFileError) {
        let acting = upstream.acting
        try self.init(
            file, upstream: acting.name, shared: acting.limits,
            endpoints: acting.endpoints.map { ($0.name, $0.limits) }, isReload: isReload)
    }

    // MARK: UpstreamMemory

    package var keySeed: KeySeed { file.keySeed }

    package func recall(now: Instant) -> UpstreamRecollection {
        for book in limits where book.region.state == .filling { book.takeOver(now: now) }
        let kept = limits.map { book in
            let spentAt = file.spentAt(followsWallClock: book.settings.algorithm.followsWallClock)
            return book.recall(spentAt: spentAt, now: now)
        }
        var stops: [UpstreamRecollection.Stop] = []
        for (place, scope) in scopes.enumerated() {
            stops += scope.stops(now: now).map {
                .init(scope: place == 0 ? .upstream : .endpoint(place - 1), until: $0.until, isBan: $0.isBan)
            }
        }
        return UpstreamRecollection(
            limits: kept, stops: stops, circuit: scopes[0].circuit,
            endpointCircuits: scopes.dropFirst().map(\.circuit))
    }

    package func journal(slot: (LimitKey, Int) -> Int?) -> any AdmissionJournal {
        UpstreamJournal(
            file: file, limits: limits.map { book in book.arranged { slot($0, book.limit) } }, scopes: scopes)
    }

    package func journal(following old: any AdmissionJournal, now: Instant) -> any AdmissionJournal {
        // There is no other kind; one that had written nothing would have nothing to hand over.
        guard let old = old as? UpstreamJournal else { return journal { _, _ in nil } }
        return old.followed(by: self, now: now)
    }

    package func circuitJournal(endpoint: Int?) -> CircuitJournal {
        let scope = scopes[endpoint.map { $0 + 1 } ?? 0]
        return { scope.set($0) }
    }
}

/// What is known of a limit's region before there is one.
private struct LimitPlan {
    let settings: LimitSettings
    let shapes: [EntryShape]
    let identity: KeyDigest
    let ring: Int
    /// What stands for the way in which the tiers are written.
    let shape: UInt64
    /// The regions that have been in use for it.
    let found: [StateRegion]

    init(_ settings: LimitSettings, _ identity: LimitIdentity, _ file: StateFile) {
        self.settings = settings
        self.identity = identity.digest
        let memories = settings.memories
        let ring = EntryShape.ring(memories.map(\.memory), isKeyed: settings.isKeyed)
        let shapes = memories.map { EntryShape(tier: $0.tier, memory: $0.memory, ring: ring) }
        self.ring = ring
        self.shapes = shapes
        shape = StateWord.check(shapes.flatMap { [$0.tierWord, $0.figures.0, $0.figures.1] })
        found = file.live(identity.digest)
    }

    private var leastEntries: Int { settings.isKeyed ? max(1, settings.maxKeys) : 1 }

    /// The one region that goes on as it is; nil where a new one is needed.
    var adopted: StateRegion? {
        guard found.count == 1, let only = found.first, only.shape == shape, only.ring == ring,
            only.entries >= leastEntries
        else { return nil }
        return only
    }

    /// A new region for all that is to be kept.
    func order(isReload: Bool) -> StateFile.Order {
        let kept =
            isReload
            ? found.map(\.entries).max() ?? 0
            : found.reduce(0) { sum, region in sum + (0..<region.entries).count { region.isUsed($0) } }
        let entries = settings.isKeyed ? max(leastEntries, kept) : 1
        return StateFile.Order(identity: identity, ring: ring, entries: entries, shape: shape)
    }
}
