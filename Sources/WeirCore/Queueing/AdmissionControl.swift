/// The limits and the line of one upstream: who is admitted, who waits, and who is next.
///
/// A call waits only behind those of its class or higher that wait for a limit which it needs too. Units are taken in
/// the moment of admission and never earlier, so a call that leaves the line has nothing to give back.
public struct AdmissionControl: Sendable {
    /// What becomes of a call that has just arrived.
    public enum Entry: Sendable {
        /// Its units are taken: it goes now.
        case admitted
        /// It waits. `limited` tells whether a limit holds it back; `dropped` has lost its place to it.
        case joined(Ticket, limited: Bool, dropped: Departure?)
        /// It is refused at once. `limited` as above.
        case refused(Refusal, limited: Bool)
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

    private var stack: LimitStack
    private var line: Line
    private var backlog: Backlog
    private let maxLength: Int
    private let shares: [Int]
    /// Marks the limits that somebody earlier waits for; a mark counts only with the current number.
    private var marks: [UInt64]
    private var currentMark: UInt64 = 0
    private var nextTurn: Instant?
    private var newlyLimited: [Int] = []

    /// Nothing used, nobody waiting. The line holds `maxLength` calls, of each endpoint at most its share.
    public init(shared: [LimitSettings], endpoints: [[LimitSettings]], maxLength: Int, shares: [Int]) {
        stack = LimitStack(shared: shared, endpoints: endpoints)
        line = Line(endpoints: endpoints.count)
        backlog = Backlog(endpoints: endpoints.count, limits: stack.count)
        self.maxLength = maxLength
        self.shares = shares
        marks = [UInt64](repeating: 0, count: stack.count)
    }

    /// Calls in line.
    public var length: Int { line.count }

    /// The most that one call to `endpoint` can ever cost; nil without limits.
    public func largestCost(of endpoint: Int) -> Int? {
        stack.largestCost(of: endpoint)
    }

    /// Admits a call, puts it in line, or refuses it. Where nothing is `ready` to carry it, it waits even if the limits
    /// would admit it.
    public mutating func enter(_ demand: Demand, ready: Bool, now: Instant) -> Entry {
        if line.count > 0 {
            let somebodyIsNext = walk(downTo: demand.priority, now: now).next != nil
            if stack.needs(of: demand.endpoint).contains(where: isMarked) { return wait(demand, now: now) }
            if somebodyIsNext { return enterUnready(demand, now: now) }
        }
        guard ready else { return enterUnready(demand, now: now) }
        return stack.takeIfAdmitted(endpoint: demand.endpoint, cost: demand.cost, now: now)
            ? .admitted : wait(demand, now: now)
    }

    /// The call whose turn it is, or nil where the limits admit nobody at `now`. Sets `nextEvent`.
    public mutating func next(now: Instant) -> Ticket? {
        let (ticket, turn) = walk(downTo: .low, now: now)
        nextTurn = turn
        return ticket
    }

    /// Admits a call from the line: takes its units and returns how long a limit kept it waiting (0 where none did).
    /// nil, and nothing taken, where it has left or does not fit.
    public mutating func admit(_ ticket: Ticket, now: Instant) -> TimeSpan? {
        guard let waiter = line.waiter(ticket),
            stack.takeIfAdmitted(endpoint: waiter.endpoint, cost: waiter.cost, now: now)
        else { return nil }
        leave(ticket)
        return waiter.wasLimited ? max(.zero, now - waiter.joined) : .zero
    }

    /// Takes a call out of line. Returns it, or nil where it had left already.
    @discardableResult
    public mutating func leave(_ ticket: Ticket) -> Line.Waiter? {
        guard let waiter = line.leave(ticket) else { return nil }
        backlog.remove(waiter, needs: stack.needs(of: waiter.endpoint))
        return waiter
    }

    /// Takes a call whose deadline has come out of line; nil where there is none.
    public mutating func expire(now: Instant) -> Departure? {
        guard let ticket = line.overdue(now: now), let waiter = leave(ticket) else { return nil }
        let projection = project(endpoint: waiter.endpoint, cost: waiter.cost, priority: nil, now: now)
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

    /// The places of every call in line that `isIncluded`.
    public func tickets(where isIncluded: (Line.Waiter) -> Bool) -> [Ticket] {
        line.tickets(where: isIncluded)
    }

    /// When to look again: the turn that the last `next` foresaw, or the next deadline; nil with nobody in line.
    public var nextEvent: Instant? {
        guard let deadline = line.nextDeadline else { return nil }
        return min(nextTurn ?? deadline, deadline)
    }

    /// What the limits and the line show of themselves.
    public mutating func snapshot(now: Instant) -> AdmissionSnapshot {
        AdmissionSnapshot(
            limits: stack.snapshot(now: now),
            length: line.count,
            lengthByPriority: line.countByPriority,
            oldestWait: line.oldestJoined.map { max(.zero, now - $0) } ?? .zero)
    }

    /// Walks the heads of the line, down to a class, up to the first that the limits admit and that stands behind
    /// nobody. On the way it marks the limits that those before it wait for; `turn` is when one of them will fit.
    private mutating func walk(downTo lowest: Priority, now: Instant) -> (next: Ticket?, turn: Instant?) {
        currentMark &+= 1
        var turn: Instant?
        for ticket in line.heads {
            guard let waiter = line.waiter(ticket), waiter.priority >= lowest else { break }
            let needs = stack.needs(of: waiter.endpoint)
            let isBehind = needs.contains(where: isMarked)
            var earliest = now
            for limit in needs {
                let moment = stack.earliest(limit, units: waiter.cost, now: now)
                if moment > now { marks[limit] = currentMark }
                earliest = max(earliest, moment)
            }
            if !isBehind {
                if earliest <= now { return (ticket, turn) }
                turn = min(turn ?? earliest, earliest)
            }
            noteLimited(ticket, waiter, now: now)
        }
        return (nil, turn)
    }

    /// A call that waited for a connection alone may find its limits used up by those of a higher class: from then on it
    /// waits for them, by their rules.
    private mutating func noteLimited(_ ticket: Ticket, _ waiter: Line.Waiter, now: Instant) {
        guard !waiter.wasLimited else { return }
        let rejects = stack.needs(of: waiter.endpoint).contains { stack.settings($0).onLimit == .reject }
        if line.markLimited(ticket, until: rejects ? now : waiter.limitDeadline) {
            newlyLimited.append(waiter.endpoint)
        }
    }

    private func isMarked(_ limit: Int) -> Bool {
        marks[limit] == currentMark
    }

    private mutating func enterUnready(_ demand: Demand, now: Instant) -> Entry {
        // Those in line for a connection only will use the limits up before it.
        let projection = project(
            endpoint: demand.endpoint, cost: demand.cost, priority: demand.priority, now: now)
        return projection.earliest <= now
            ? join(demand, limited: false, bottleneck: nil, now: now) : wait(demand, now: now)
    }

    private mutating func wait(_ demand: Demand, now: Instant) -> Entry {
        for limit in stack.needs(of: demand.endpoint) where stack.settings(limit).onLimit == .reject {
            let ahead = backlog.ahead(limit: limit, endpoint: demand.endpoint, priority: demand.priority)
            let earliest = stack.earliest(limit, units: demand.cost + ahead, now: now)
            if earliest > now { return .refused(refusal((earliest, limit), now: now), limited: true) }
        }
        let projection = project(
            endpoint: demand.endpoint, cost: demand.cost, priority: demand.priority, now: now)
        guard projection.earliest <= demand.deadline else {
            return .refused(refusal(projection, now: now), limited: true)
        }
        return join(demand, limited: true, bottleneck: projection.limit, now: now)
    }

    /// When a call fits, and the limit that admits it last. With a priority, those in line ahead of it go first.
    private mutating func project(
        endpoint: Int, cost: Int, priority: Priority?, now: Instant
    ) -> (earliest: Instant, limit: Int?) {
        var projection: (earliest: Instant, limit: Int?) = (now, nil)
        for limit in stack.needs(of: endpoint) {
            let ahead = priority.map { backlog.ahead(limit: limit, endpoint: endpoint, priority: $0) } ?? 0
            let moment = stack.earliest(limit, units: cost + ahead, now: now)
            if moment > projection.earliest { projection = (moment, limit) }
        }
        return projection
    }

    private func refusal(_ projection: (earliest: Instant, limit: Int?), now: Instant) -> Refusal {
        Refusal(
            .rateLimited, limit: projection.limit.map { stack.settings($0).name },
            retryAfter: projection.earliest - now)
    }

    private mutating func join(_ demand: Demand, limited: Bool, bottleneck: Int?, now: Instant) -> Entry {
        var dropped: Departure?
        let shareIsFull = line.countByEndpoint[demand.endpoint] >= shares[demand.endpoint]
        // Who waits for nothing but a connection is bounded by the callers' own connections.
        if limited, shareIsFull || line.count >= maxLength {
            let loser = line.newest(below: demand.priority, endpoint: shareIsFull ? demand.endpoint : nil)
            guard let loser, let waiter = leave(loser) else { return .refused(Refusal(.queueFull), limited: limited) }
            dropped = Departure(ticket: loser, endpoint: waiter.endpoint, refusal: Refusal(.queueFull))
        }
        let waiter = Line.Waiter(
            endpoint: demand.endpoint, priority: demand.priority, cost: demand.cost, joined: now,
            deadline: limited ? demand.deadline : demand.readyDeadline, limitDeadline: demand.deadline,
            wasLimited: limited, bottleneck: bottleneck)
        backlog.add(waiter, needs: stack.needs(of: waiter.endpoint))
        return .joined(line.join(waiter), limited: limited, dropped: dropped)
    }
}

/// What the limits and the line show of themselves at one moment.
public struct AdmissionSnapshot: Sendable {
    /// Every limit: the shared ones first, then each endpoint's in the endpoints' order.
    public let limits: [LimitSnapshot]
    /// Calls in line.
    public let length: Int
    /// Calls in line by class, indexed by `Priority.rawValue`.
    public let lengthByPriority: [Int]
    /// How long the call has waited that joined first.
    public let oldestWait: TimeSpan
}
