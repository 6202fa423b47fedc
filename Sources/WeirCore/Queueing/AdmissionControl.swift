/// The limits and the line of one upstream: who is admitted, who waits, and who is next.
///
/// A call waits only behind those of its class or higher that wait for a limit, or a key of one, which it needs too. Units
/// are taken in the moment of admission and never earlier, so a call that leaves the line has nothing to give back.
public struct AdmissionControl: Sendable {
    /// What becomes of a call that has just arrived.
    public enum Entry: Sendable {
        /// Its units are taken: it goes now.
        case admitted(Granted)
        /// It waits. `limited` tells whether a limit holds it back; `dropped` has lost its place to it.
        case joined(Ticket, limited: Bool, dropped: Departure?)
        /// It is refused at once. `limited` as above.
        case refused(Refusal, limited: Bool)
    }

    /// An admission, and in shadow what would have become of the call.
    public struct Granted: Sendable {
        /// The permission.
        public let admission: Admission
        /// nil: it would have gone as it did.
        public let verdict: ShadowVerdict?
    }

    /// A call that has left the line without admission.
    public struct Departure: Sendable {
        /// Its place, now void.
        public let ticket: Ticket
        /// Its endpoint's place.
        public let endpoint: Int
        /// Why it left.
        public let refusal: Refusal

        /// A call that left because of `refusal`.
        public init(ticket: Ticket, endpoint: Int, refusal: Refusal) {
            self.ticket = ticket
            self.endpoint = endpoint
            self.refusal = refusal
        }
    }

    private(set) var mode: AdmissionMode
    var stack: LimitStack
    var line: Line
    var backlog: Backlog
    var holds: Holds
    var places = HeldPlaces()
    var maxLength: Int
    var shares: [Int]
    var newlyLimited: [Int] = []
    /// Counts the configurations.
    var era: UInt32 = 0
    private var nextTurn: Instant?
    private(set) var number: UInt32 = 0

    /// Nothing used, nobody waiting. The line holds `maxLength` calls, of each endpoint at most its share. Keys are
    /// digested under `keySeed`, which is to be random where callers choose them.
    public init(
        shared: [LimitSettings], endpoints: [[LimitSettings]], maxLength: Int, shares: [Int],
        mode: AdmissionMode = .enforce, keySeed: KeySeed = KeySeed(0, 0), fleet: FleetStart? = nil
    ) {
        self.mode = mode
        stack = LimitStack(shared: shared, endpoints: endpoints, seed: keySeed, fleet: fleet)
        backlog = Backlog(limits: stack.count)
        line = Line(lanes: Self.lanes(of: stack))
        holds = Holds(endpoints: endpoints.count)
        self.maxLength = maxLength
        self.shares = shares
    }

    /// Calls in line.
    public var length: Int { line.count }

    /// The most that one call to `endpoint` can ever cost; nil where no limit counts the cost.
    public func largestCost(of endpoint: Int, priority: Priority = .normal) -> Int? {
        stack.largestCost(of: endpoint, isCritical: priority == .critical)
    }

    /// How the keys of calls to `endpoint` are made; nil where no limit of it is keyed.
    public func keying(of endpoint: Int) -> Keying? {
        stack.keying(of: endpoint)
    }

    /// The place of a limit by name: among the shared ones (nil), or among those of one endpoint.
    public func limit(named name: String, endpoint: Int?) -> Int? {
        stack.limit(named: name, endpoint: endpoint)
    }

    // MARK: Coming

    /// Admits a call, puts it in line, or refuses it. Where nothing is `ready` to carry it, it waits even if the limits
    /// would admit it.
    public mutating func enter(_ demand: Demand, ready: Bool, now: Instant) -> Entry {
        guard stack.isFitting(demand.request.keys, of: demand.request.endpoint) else {
            return enterKeyless(demand, ready: ready, now: now)
        }
        if mode == .shadow { return enterShadow(demand, ready: ready, now: now) }
        if holds.end(of: demand.endpoint, joined: now) > now { return wait(demand, now: now) }
        if line.count > 0 {
            let somebodyIsNext = walk(downTo: demand.priority, now: now).next != nil
            if isBehindSomebody(demand) { return wait(demand, now: now) }
            if somebodyIsNext { return enterUnready(demand, now: now) }
        }
        guard ready else { return enterUnready(demand, now: now) }
        let fits = stack.takeIfAdmitted(demand.request, number: number &+ 1, now: now)
        guard fits else { return wait(demand, now: now) }
        return .admitted(Granted(admission: grant(demand.request, waited: .zero, now: now), verdict: nil))
    }

    /// The keys do not fit the endpoint: the call has those of calls without.
    private mutating func enterKeyless(_ demand: Demand, ready: Bool, now: Instant) -> Entry {
        var fitting = demand
        fitting.request.keys = stack.fitting(demand.keys, of: demand.endpoint)
        return enter(fitting, ready: ready, now: now)
    }

    /// A refusal for a call that a stop of the provider holds beyond its deadline; nil where none does. Nothing is refused
    /// in shadow.
    public func frozenRefusal(_ demand: Demand, now: Instant) -> Refusal? {
        guard mode == .enforce else { return nil }
        return frozenRefusal(endpoint: demand.endpoint, deadline: demand.deadline, now: now)
    }

    // MARK: Waiting

    /// The call whose turn it is, or nil where the limits admit nobody at `now`. Sets `nextEvent`.
    public mutating func next(now: Instant) -> Ticket? {
        let (ticket, turn) = walk(downTo: .low, now: now)
        nextTurn = turn
        return ticket
    }

    /// Admits a call from the line: takes its units. Its wait counts where a limit caused it. nil, and nothing taken, where
    /// it has left or does not fit.
    public mutating func admit(_ ticket: Ticket, now: Instant) -> Granted? {
        guard let waiter = line.waiter(ticket) else { return nil }
        let request = waiter.request
        if mode == .shadow {
            leave(ticket)
            let demand = Demand(
                endpoint: waiter.endpoint, cost: waiter.cost, priority: waiter.priority, keys: waiter.keys,
                deadline: waiter.limitDeadline)
            return watch(request, demand, now: now)
        }
        guard holds.end(of: waiter.endpoint, joined: waiter.joined) <= now,
            stack.takeIfAdmitted(request, number: number &+ 1, now: now)
        else { return nil }
        leave(ticket)
        if waiter.isAsking, wasShort(waiter, now: now) { newlyLimited.append(waiter.endpoint) }
        let waited = waiter.wasLimited ? max(.zero, now - waiter.joined) : .zero
        return Granted(admission: grant(request, waited: waited, now: now), verdict: nil)
    }

    /// Takes a call out of line. Returns it, or nil where it had left already.
    @discardableResult
    public mutating func leave(_ ticket: Ticket) -> Line.Waiter? {
        guard let (waiter, lane) = line.leave(ticket) else { return nil }
        count(waiter, lane: lane, sign: -1)
        if let closed = line.closeIfEmpty(lane) {
            for need in closed.needs { backlog.close(need.resource) }
        }
        return waiter
    }

    /// Takes a call whose deadline has come out of line; nil where there is none.
    public mutating func expire(now: Instant) -> Departure? {
        guard let ticket = line.overdue(now: now), let waiter = leave(ticket) else { return nil }
        if waiter.isAsking { newlyLimited.append(waiter.endpoint) }
        if let refusal = frozenRefusal(endpoint: waiter.endpoint, deadline: now, now: now) {
            return Departure(ticket: ticket, endpoint: waiter.endpoint, refusal: refusal)
        }
        let projection = project(waiter.request, joined: waiter.joined, behind: nil, now: now)
        return Departure(ticket: ticket, endpoint: waiter.endpoint, refusal: refusal(projection, now: now))
    }

    /// The endpoints of calls that a limit has begun to hold back since this was last asked, other than on entering.
    public mutating func takeNewlyLimited() -> [Int] {
        guard !newlyLimited.isEmpty else { return [] }
        defer { newlyLimited = [] }
        return newlyLimited
    }

    /// The waiter behind `ticket`; nil once it has left.
    public func waiter(_ ticket: Ticket) -> Line.Waiter? {
        line.waiter(ticket)
    }

    /// The places of every call in line that `isIncluded`, in the order in which they joined.
    public func tickets(where isIncluded: (Line.Waiter) -> Bool) -> [Ticket] {
        line.tickets(where: isIncluded)
    }

    /// When to look again: the turn that the last `next` foresaw, the next deadline, or the end of a stop; nil where
    /// nothing is to come.
    public var nextEvent: Instant? {
        let inLine = line.nextDeadline.map { min(nextTurn ?? $0, $0) }
        guard let thaw = holds.nextThaw else { return inLine }
        return min(inLine ?? thaw, thaw)
    }

    /// Holds calls to the limits from here on, or only watches them.
    mutating func setMode(_ mode: AdmissionMode) {
        self.mode = mode
    }

    // MARK: Giving back

    /// Gives back all that an admission took, as if it had never been. At most once, and not after `release`.
    public mutating func giveBack(_ admission: Admission, now: Instant) {
        guard admission.era == era else { return release(admission, now: now) }
        if let ticket = admission.holding {
            switch places.strike(ticket) {
            case .nothing: return
            case .ofEndpoint: break
            case .other: _ = places.takeOther(ticket)
            }
        }
        let request = LimitStack.Request(
            endpoint: admission.endpoint, cost: admission.cost, isCritical: false, keys: admission.keys)
        stack.giveBack(request, takenAt: admission.takenAt, number: admission.number, now: now)
    }

    /// The attempt is over: frees the places that it held in flight, once.
    public mutating func release(_ admission: Admission, now: Instant) {
        guard let ticket = admission.holding else { return }
        switch places.strike(ticket) {
        case .nothing: return
        case .ofEndpoint(let endpoint): stack.releaseUnkeyed(endpoint)
        case .other: releaseOther(ticket, number: admission.number, now: now)
        }
    }

    private mutating func releaseOther(_ ticket: PlaceTicket, number: UInt32, now: Instant) {
        switch places.takeOther(ticket) {
        case nil: return
        case .ofEndpoint(let endpoint, let keys): stack.release(endpoint, keys, number: number, now: now)
        case .listed(let held): for place in held { stack.release(place, number: number, now: now) }
        }
    }

    @inline(__always)
    private mutating func grant(_ request: LimitStack.Request, waited: TimeSpan, now: Instant) -> Admission {
        number &+= 1
        let holding =
            stack.holdsPlaces(request.endpoint) ? places.enter(endpoint: request.endpoint, keys: request.keys) : nil
        return Admission(
            waited: waited, takenAt: now, number: number, era: era, endpoint: request.endpoint, cost: request.cost,
            keys: request.keys, holding: holding)
    }

    // MARK: In shadow

    private mutating func enterShadow(_ demand: Demand, ready: Bool, now: Instant) -> Entry {
        let demand = withPatience(demand, now: now)
        return ready ? .admitted(watch(demand.request, demand, now: now)) : join(demand, limited: false, now: now)
    }

    private mutating func watch(_ request: LimitStack.Request, _ demand: Demand, now: Instant) -> Granted {
        let verdict = verdict(request, deadline: demand.deadline, now: now)
        stack.take(request, number: number &+ 1, now: now)
        return Granted(admission: grant(request, waited: .zero, now: now), verdict: verdict)
    }

    /// What would become of a call that finds the line empty.
    private mutating func verdict(_ request: LimitStack.Request, deadline: Instant, now: Instant) -> ShadowVerdict? {
        if frozenRefusal(endpoint: request.endpoint, deadline: deadline, now: now) != nil { return .refuse(.frozen) }
        let projection = project(request, joined: now, behind: nil, now: now)
        if projection.earliest <= now, projection.bottleneck == nil { return nil }
        let isRefused = projection.earliest > deadline || lacking(request, ahead: nil, now: now) != nil
        return isRefused ? .refuse(.rateLimited) : .wait
    }
}
