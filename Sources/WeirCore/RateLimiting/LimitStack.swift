/// All limits of an upstream: those that every call shares and those of each endpoint.
///
/// A call needs the shared ones and its endpoint's own, and takes from all of them or from none. Limits are named by
/// their place here: the shared ones first, then each endpoint's in the endpoints' order.
public struct LimitStack: Sendable {
    /// A limit that calls to one endpoint need.
    struct Need: Sendable {
        /// The limit's place.
        let limit: Int
        /// The place of its states among the keyed ones; nil where all calls are counted together.
        let keyed: Int?
        /// The place of its key among a call's keys.
        let position: Int
        /// Whether it counts calls in flight.
        let holdsPlaces: Bool
        /// Its place among the limits of the fleet; nil where it is not shared.
        let fleet: Int?
    }

    /// Where the needs of the calls to one endpoint stand.
    private struct Endpoint {
        /// All of them.
        let needs: Range<Int>
        /// The endpoint's own limits.
        let own: Range<Int>
        /// In `holders`, those of all its limits that count all calls in flight together.
        let holders: Range<Int>
        /// Whether any limit, keyed or not, counts calls in flight.
        let holdsPlaces: Bool
        /// How many limits are keyed.
        let keyCount: Int
        /// Whether any limit is shared by a fleet.
        let isShared: Bool
    }

    /// What one call asks of its limits.
    package struct Request: Sendable {
        let endpoint: Int
        let cost: Int
        let isCritical: Bool
        var keys: CallKeys

        /// A call of that cost to an endpoint.
        package init(endpoint: Int, cost: Int, isCritical: Bool, keys: CallKeys) {
            self.endpoint = endpoint
            self.cost = cost
            self.isCritical = isCritical
            self.keys = keys
        }
    }

    var limits: ContiguousArray<StackedLimit> = []
    var keyed: ContiguousArray<KeyedLimit> = []
    var allowances = Allowances()
    /// This process' part in the fleet that shares some of the limits; nil where none is shared.
    var fleet: Fleet?
    /// The names of the fleet's limits, in its order: those of endpoints behind the endpoint's place.
    private(set) var fleetNames: [String] = []
    let seed: KeySeed
    private(set) var wallOffset = TimeSpan.zero
    private var needs: ContiguousArray<Need> = []
    private var holders: ContiguousArray<Int> = []
    private var endpoints: ContiguousArray<Endpoint> = []
    /// The keys of a call to each endpoint that brings none.
    private var keyless: [CallKeys] = []
    let sharedCount: Int

    /// Limits `shared` by all calls, and each endpoint's own. Keys are digested under `seed`. With a `fleet`, which begins
    /// then, the limits that opt in are shared with it.
    public init(
        shared: [LimitSettings], endpoints: [[LimitSettings]], seed: KeySeed = KeySeed(0, 0),
        fleet: FleetStart? = nil
    ) {
        self.seed = seed
        sharedCount = shared.count
        for limit in shared { add(limit, isInFleet: fleet != nil, scope: "") }
        for (index, own) in endpoints.enumerated() {
            let first = limits.count
            for limit in own { add(limit, isInFleet: fleet != nil, scope: fleet?.endpoints[index] ?? "") }
            var keys: [LimitKey?] = []
            let start = needs.count
            let firstHolder = holders.count
            for limit in Array(shared.indices) + Array(first..<limits.count) {
                let place = limits[limit].keyed
                let holdsPlaces = limits[limit].holdsPlaces
                needs.append(
                    Need(
                        limit: limit, keyed: place, position: keys.count, holdsPlaces: holdsPlaces,
                        fleet: limits[limit].fleet))
                if let place {
                    keys.append(keyed[place].keyOfKeyless)
                } else if holdsPlaces {
                    holders.append(limit)
                }
            }
            keyless.append(CallKeys(keys))
            self.endpoints.append(
                Endpoint(
                    needs: start..<needs.count, own: first..<limits.count, holders: firstHolder..<holders.count,
                    holdsPlaces: needs[start...].contains(where: \.holdsPlaces), keyCount: keys.count,
                    isShared: needs[start...].contains { $0.fleet != nil }))
        }
        guard let fleet, !fleetNames.isEmpty else { return }
        let algorithms = limits.filter { $0.fleet != nil }.map(\.settings.algorithm)
        self.fleet = Fleet(algorithms, settings: fleet.settings, now: fleet.now)
    }

    private mutating func add(_ settings: LimitSettings, isInFleet: Bool, scope: String) {
        var limit = StackedLimit(settings)
        if isInFleet, settings.isShared, !settings.isKeyed {
            limit.fleet = fleetNames.count
            fleetNames.append(scope.isEmpty ? settings.name : "\(scope)/\(settings.name)")
        }
        if settings.isKeyed {
            limit.keyed = keyed.count
            keyed.append(KeyedLimit(settings, seed: seed))
        }
        limits.append(limit)
    }

    /// How many limits there are.
    public var count: Int { limits.count }

    /// How many endpoints there are.
    var endpointCount: Int { endpoints.count }

    /// The limits that a call to `endpoint` needs, as places for `need`.
    func needs(of endpoint: Int) -> Range<Int> {
        endpoints[endpoint].needs
    }

    /// The limits of one endpoint alone.
    func ownLimits(of endpoint: Int) -> ArraySlice<Int> {
        needs(of: endpoint).map { needs[$0].limit }.dropFirst(sharedCount)
    }

    /// One limit that a call needs.
    func need(_ place: Int) -> Need {
        needs[place]
    }

    /// What a call meets that does not fit into one limit that it needs.
    func onLimit(_ place: Int) -> LimitSettings.OnLimit {
        limits[needs[place].limit].settings.onLimit
    }

    /// Whether one limit that a call needs counts calls in flight.
    func holdsPlaces(at place: Int) -> Bool {
        needs[place].holdsPlaces
    }

    /// What the limit promises.
    public func settings(_ limit: Int) -> LimitSettings {
        limits[limit].settings
    }

    /// How the keys of calls to `endpoint` are made; nil where no limit of it is keyed.
    func keying(of endpoint: Int) -> Keying? {
        Keying(seed: seed, limits: needs(of: endpoint).map { limits[needs[$0].limit].settings })
    }

    /// The most that one call to `endpoint` can ever cost; nil where no limit counts the cost.
    public func largestCost(of endpoint: Int, isCritical: Bool) -> Int? {
        needs(of: endpoint).compactMap { place in
            let largest = limits[needs[place].limit].largestCost(isCritical: isCritical)
            // What the process could not admit by itself either would wait for ever in an outage.
            guard let shared = needs[place].fleet, let fleet else { return largest }
            return largest.map { min($0, fleet.limits[shared].largestCost) }
        }.min()
    }

    /// A call's keys as its endpoint needs them. A call that brings none, or those of another configuration, has those of
    /// calls without.
    func fitting(_ keys: CallKeys, of endpoint: Int) -> CallKeys {
        isFitting(keys, of: endpoint) ? keys : keyless[endpoint]
    }

    /// Whether a call's keys are as many as its endpoint needs.
    func isFitting(_ keys: CallKeys, of endpoint: Int) -> Bool {
        keys.count == endpoints[endpoint].keyCount
    }

    /// The key that a call uses of a keyed limit; nil where the limit does not apply to it, or is not keyed.
    func key(of need: Need, _ keys: CallKeys) -> LimitKey? {
        need.keyed == nil ? nil : keys[need.position]
    }

    // MARK: Asking and taking

    /// The earliest moment, not before `now`, at which one limit alone admits the call, with `ahead` units taken before
    /// it; a projection beyond what fits at once. `distantFuture` where no time but a release admits it.
    mutating func earliest(_ place: Int, _ request: Request, ahead: Int = 0, now: Instant) -> Instant {
        let need = needs[place]
        let moment: Instant
        if let keyedPlace = need.keyed {
            guard let key = key(of: need, request.keys) else { return now }
            moment = keyed[keyedPlace].earliest(
                key, cost: request.cost, ahead: ahead, isCritical: request.isCritical, now: now)
        } else if let shared = need.fleet, fleet != nil {
            let units = limits[need.limit].rules.weight(cost: request.cost)
            moment = fleet?.earliest(shared, units: units, ahead: ahead, now: now) ?? now
        } else {
            moment = limits[need.limit].earliest(
                cost: request.cost, ahead: ahead, isCritical: request.isCritical, now: now)
        }
        guard allowances.isAny else { return moment }
        let units = units(place, request) + ahead
        return max(moment, allowances.earliest(need.limit, units: units, now: now))
    }

    /// What the call takes of one limit.
    func units(_ place: Int, _ request: Request) -> Int {
        let need = needs[place]
        guard let keyedPlace = need.keyed else { return limits[need.limit].rules.weight(cost: request.cost) }
        return key(of: need, request.keys).map { keyed[keyedPlace].units($0, cost: request.cost) } ?? 0
    }

    /// Whether every limit that the call needs admits it at `now`.
    mutating func admits(_ request: Request, now: Instant) -> Bool {
        let endpoint = endpoints[request.endpoint]
        if allowances.isAny {
            return endpoint.needs.allSatisfy { earliest($0, request, now: now) <= now }
        }
        return admitsAlone(request, endpoint, now: now)
            && (endpoint.keyCount == 0 || admitsByKey(request, now: now))
            && (!endpoint.isShared || admitsInFleet(request, now: now))
    }

    /// Whether those limits admit the call that count all calls together.
    private mutating func admitsAlone(_ request: Request, _ endpoint: Endpoint, now: Instant) -> Bool {
        let shared = 0..<sharedCount
        var all = limits.mutableSpan
        return all.admit(request, shared, now: now) && all.admit(request, endpoint.own, now: now)
    }

    /// Notes that a call has asked for its keys.
    mutating func touch(_ request: Request) {
        guard request.keys.count > 0 else { return }
        for place in needs(of: request.endpoint) {
            let need = needs[place]
            guard let keyedPlace = need.keyed, let key = key(of: need, request.keys) else { continue }
            keyed[keyedPlace].states.touch(key.digest)
        }
    }

    /// Takes from every limit that the call needs, whether it fits or not, for the admission of that `number`.
    mutating func take(_ request: Request, number: UInt32, now: Instant) {
        let endpoint = endpoints[request.endpoint]
        takeAlone(request, endpoint, now: now)
        if endpoint.keyCount > 0 { takeByKey(request, number: number, now: now) }
        if endpoint.isShared { takeInFleet(request, now: now) }
        guard allowances.isAny else { return }
        for place in endpoint.needs where needs[place].keyed == nil {
            allowances.add(needs[place].limit, -units(place, request))
        }
    }

    /// Takes from those limits that count all calls together.
    private mutating func takeAlone(_ request: Request, _ endpoint: Endpoint, now: Instant) {
        let shared = 0..<sharedCount
        var all = limits.mutableSpan
        all.take(request, shared, now: now)
        all.take(request, endpoint.own, now: now)
    }

    private mutating func admitsByKey(_ request: Request, now: Instant) -> Bool {
        for place in needs(of: request.endpoint) {
            guard let keyedPlace = needs[place].keyed, let key = key(of: needs[place], request.keys) else { continue }
            let fits = keyed[keyedPlace].admits(
                key, cost: request.cost, isCritical: request.isCritical, now: now)
            if !fits { return false }
        }
        return true
    }

    private mutating func takeByKey(_ request: Request, number: UInt32, now: Instant) {
        for place in needs(of: request.endpoint) {
            guard let keyedPlace = needs[place].keyed, let key = key(of: needs[place], request.keys) else { continue }
            keyed[keyedPlace].take(key, cost: request.cost, number: number, now: now)
        }
    }

    /// Takes from every limit that the call needs, if all of them admit it; from none otherwise.
    package mutating func takeIfAdmitted(_ request: Request, number: UInt32, now: Instant) -> Bool {
        let endpoint = endpoints[request.endpoint]
        guard endpoint.keyCount == 0, !endpoint.isShared, !allowances.isAny else {
            guard admits(request, now: now) else { return false }
            take(request, number: number, now: now)
            return true
        }
        // Most calls need nothing else: their limits are fetched once for both.
        let shared = 0..<sharedCount
        var all = limits.mutableSpan
        guard all.admit(request, shared, now: now), all.admit(request, endpoint.own, now: now) else {
            return false
        }
        all.take(request, shared, now: now)
        all.take(request, endpoint.own, now: now)
        return true
    }

    /// Gives back to every limit what the admission of that `number` took at `takenAt`.
    package mutating func giveBack(_ request: Request, takenAt: Instant, number: UInt32, now: Instant) {
        for place in needs(of: request.endpoint) {
            let need = needs[place]
            if let keyedPlace = need.keyed {
                guard let key = key(of: need, request.keys) else { continue }
                keyed[keyedPlace].giveBack(key, cost: request.cost, takenAt: takenAt, number: number, now: now)
            } else if let shared = need.fleet {
                let units = limits[need.limit].rules.weight(cost: request.cost)
                fleet?.giveBack(shared, units: units, takenAt: takenAt, now: now)
            } else {
                let units = limits[need.limit].giveBack(
                    cost: request.cost, takenAt: takenAt, number: number, now: now)
                if allowances.isAny { allowances.add(need.limit, units) }
            }
        }
    }

    /// Whether a call to `endpoint` holds places while it is in flight.
    func holdsPlaces(_ endpoint: Int) -> Bool {
        endpoints[endpoint].holdsPlaces
    }

    /// The places that a call holds while it is in flight.
    func places(_ endpoint: Int, _ keys: CallKeys) -> [HeldPlace] {
        needs(of: endpoint).compactMap { place in
            let need = needs[place]
            guard need.holdsPlaces else { return nil }
            guard need.keyed != nil else { return HeldPlace(limit: need.limit, key: nil) }
            return key(of: need, keys).map { HeldPlace(limit: need.limit, key: $0) }
        }
    }

    /// Frees the places that the admission of that `number` to `endpoint` holds.
    mutating func release(_ endpoint: Int, _ keys: CallKeys, number: UInt32, now: Instant) {
        releaseUnkeyed(endpoint)
        let places = endpoints[endpoint]
        guard places.keyCount > 0 else { return }
        for place in places.needs where needs[place].holdsPlaces {
            guard let key = key(of: needs[place], keys) else { continue }
            release(HeldPlace(limit: needs[place].limit, key: key), number: number, now: now)
        }
    }

    /// Frees the places that an admission to `endpoint` holds of limits that count all calls together.
    package mutating func releaseUnkeyed(_ endpoint: Int) {
        for holder in endpoints[endpoint].holders { release(unkeyed: holders[holder]) }
    }

    /// Frees one place.
    mutating func release(_ held: HeldPlace, number: UInt32, now: Instant) {
        if let key = held.key {
            guard let place = limits[held.limit].keyed else { return }
            keyed[place].release(key, number: number, now: now)
        } else {
            release(unkeyed: held.limit)
        }
    }

    /// Frees one place of a limit that counts all calls together.
    @inline(__always)
    private mutating func release(unkeyed limit: Int) {
        if let shared = limits[limit].fleet {
            fleet?.release(shared)
        } else {
            limits[limit].release()
        }
    }

    /// Tells the limits how far the wall clock is ahead of the monotonic one.
    mutating func setWallOffset(_ offset: TimeSpan) {
        wallOffset = offset
        for place in limits.indices { limits[place].setWallOffset(offset) }
        for place in keyed.indices { keyed[place].states.setWallOffset(offset) }
        fleet?.setWallOffset(offset)
    }
}

extension MutableSpan<StackedLimit> {
    /// Whether those limits at some places admit the call that count all calls together.
    @inline(__always)
    fileprivate mutating func admit(_ request: LimitStack.Request, _ places: Range<Int>, now: Instant) -> Bool {
        for place in places where self[place].isOwn {
            let fits = self[place].admits(cost: request.cost, isCritical: request.isCritical, now: now)
            if !fits { return false }
        }
        return true
    }

    /// Takes from those limits at some places that count all calls together.
    @inline(__always)
    fileprivate mutating func take(_ request: LimitStack.Request, _ places: Range<Int>, now: Instant) {
        for place in places where self[place].isOwn { self[place].take(cost: request.cost, now: now) }
    }
}
