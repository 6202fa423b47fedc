/// Who has to wait: the projection of a newcomer's turn, its refusal, and its place in line.
extension AdmissionControl {
    /// When a call will fit.
    struct Projection {
        /// As far as time alone tells; `distantFuture` where it tells nothing.
        var earliest: Instant
        /// The limit that admits it last, and its place among the needs of the call's lane.
        var bottleneck: (limit: Int, need: Int)?
    }

    mutating func enterUnready(_ demand: Demand, now: Instant) -> Entry {
        let demand = withPatience(demand, now: now)
        stack.touch(demand.request)
        // Those in line for a connection only will use the limits up before it.
        let projection = project(demand.request, joined: now, behind: demand.priority, now: now)
        return projection.earliest <= now && projection.bottleneck == nil
            ? join(demand, limited: false, now: now) : wait(demand, now: now)
    }

    mutating func wait(_ demand: Demand, now: Instant) -> Entry {
        let demand = withPatience(demand, now: now)
        let request = demand.request
        stack.touch(request)
        if let refusal = frozenRefusal(endpoint: demand.endpoint, deadline: demand.deadline, now: now) {
            return .refused(refusal, limited: true)
        }
        if let (limit, earliest) = lacking(request, ahead: demand.priority, now: now) {
            return .refused(refusal(Projection(earliest: earliest, bottleneck: (limit, 0)), now: now), limited: true)
        }
        let projection = project(request, joined: now, behind: demand.priority, now: now)
        if let largest = stack.largestCost(of: demand.endpoint, isCritical: request.isCritical), demand.cost > largest {
            let never = Projection(earliest: .distantFuture, bottleneck: projection.bottleneck)
            return .refused(refusal(never, now: now), limited: true)
        }
        guard projection.earliest <= demand.deadline, demand.deadline > now else {
            return .refused(refusal(projection, now: now), limited: true)
        }
        let asks = isSharing && onlyAsks(request, ahead: demand.priority, now: now)
        return join(demand, limited: true, asks: asks, bottleneck: projection.bottleneck?.need, now: now)
    }

    /// The first limit that does not admit the call at once and lets nobody wait, and when it would.
    mutating func lacking(
        _ request: LimitStack.Request, ahead priority: Priority?, now: Instant
    ) -> (limit: Int, earliest: Instant)? {
        var need = 0
        for place in stack.needs(of: request.endpoint) {
            guard let (limit, resource) = resource(at: place, request.keys) else { continue }
            defer { need += 1 }
            guard stack.onLimit(place) == .reject else { continue }
            let ahead = ahead(of: request, need: need, resource: resource, priority: priority)
            let moment = stack.earliest(place, request, ahead: ahead, now: now)
            if moment > now { return (limit, moment) }
        }
        return nil
    }

    /// When a call fits, and the limit that admits it last. With a class given, those in line ahead of it go first.
    mutating func project(
        _ request: LimitStack.Request, joined: Instant, behind priority: Priority?, now: Instant
    ) -> Projection {
        var projection = Projection(earliest: max(now, holds.end(of: request.endpoint, joined: joined)))
        var need = 0
        var (latest, hasUnknown) = (projection.earliest, false)
        for place in stack.needs(of: request.endpoint) {
            guard let (limit, resource) = resource(at: place, request.keys) else { continue }
            defer { need += 1 }
            let ahead = ahead(of: request, need: need, resource: resource, priority: priority)
            let moment = stack.earliest(place, request, ahead: ahead, now: now)
            if moment == .distantFuture, stack.isUnforeseeable(at: place) {
                // No telling when a place will be free, or what the fleet will say: that is waited for longest.
                if !hasUnknown { projection.bottleneck = (limit, need) }
                hasUnknown = true
            } else if moment > latest {
                latest = moment
                if !hasUnknown { projection.bottleneck = (limit, need) }
            }
        }
        projection.earliest = latest
        return projection
    }

    /// Units that those in line take before a call of `priority`.
    func ahead(of request: LimitStack.Request, need: Int, resource: Int?, priority: Priority?) -> Int {
        guard let priority, let resource, line.count > 0 else { return 0 }
        let lane = line.lane(request.endpoint, request.keys)
        return backlog.ahead(resource, priority: priority)
            + (lane.map { line.lanes[$0].ahead(need: need, priority: priority) } ?? 0)
    }

    /// The limit of a need, and what those in line contend for there, if anybody does; nil where it does not apply.
    func resource(at place: Int, _ keys: CallKeys) -> (limit: Int, resource: Int?)? {
        let need = stack.need(place)
        guard need.keyed != nil else { return (need.limit, need.limit) }
        guard let key = stack.key(of: need, keys) else { return nil }
        return (need.limit, backlog.find(limit: need.limit, key: key))
    }

    func frozenRefusal(endpoint: Int, deadline: Instant, now: Instant) -> Refusal? {
        guard let thaw = holds.thaw(of: endpoint), thaw > now, thaw > deadline else { return nil }
        return Refusal(.frozen, retryAfter: thaw - now)
    }

    func refusal(_ projection: Projection, now: Instant) -> Refusal {
        Refusal(
            .rateLimited, limit: projection.bottleneck.map { stack.settings($0.limit).name },
            retryAfter: projection.earliest == .distantFuture ? .zero : projection.earliest - now)
    }

    mutating func join(
        _ demand: Demand, limited: Bool, asks: Bool = false, bottleneck: Int? = nil, now: Instant
    ) -> Entry {
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
            wasLimited: limited, isAsking: asks, keys: demand.keys, bottleneck: bottleneck)
        let lane = lane(for: waiter)
        let ticket = line.join(waiter, lane: lane)
        count(waiter, lane: lane, sign: 1)
        return .joined(ticket, limited: limited && !asks, dropped: dropped)
    }

    /// The lane that a call joins, opened if need be.
    mutating func lane(for waiter: Line.Waiter) -> Int {
        if let lane = line.lane(waiter.endpoint, waiter.keys) { return lane }
        var needs: [Lane.Need] = []
        for place in stack.needs(of: waiter.endpoint) {
            let need = stack.need(place)
            let key = stack.key(of: need, waiter.keys)
            if need.keyed != nil, key == nil { continue }
            needs.append(Lane.Need(place: place, resource: backlog.open(limit: need.limit, key: key)))
        }
        return line.open(Lane(endpoint: waiter.endpoint, keys: waiter.keys, needs: needs))
    }

    /// Counts the units that a call in a lane will take, or no longer.
    mutating func count(_ waiter: Line.Waiter, lane: Int, sign: Int) {
        let request = waiter.request
        for (index, need) in line.lanes[lane].needs.enumerated() {
            let units = sign * stack.units(need.place, request)
            // Who waits for nothing but a connection takes units of every limit that it needs as soon as it has one.
            let isBound = waiter.bottleneck.map { $0 == index } ?? true
            line.add(units, lane: lane, need: index, priority: waiter.priority, isBound: isBound)
            if isBound { backlog.add(units, resource: need.resource, priority: waiter.priority) }
        }
    }
}
