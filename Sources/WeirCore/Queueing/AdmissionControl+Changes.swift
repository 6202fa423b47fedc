/// What changes the limits and holds the line from outside, and what both show of themselves.
extension AdmissionControl {
    /// Stops a scope until a moment; an earlier stop that ends later stays. Those in line who would be held beyond their
    /// deadline leave at once.
    ///
    /// - Returns: whether the stop is worth telling, and who has left.
    public mutating func freeze(
        _ scope: HoldScope, until: Instant, isBan: Bool, now: Instant
    ) -> (isNews: Bool, departures: [Departure]) {
        let isNews = holds.freeze(scope, until: until, isBan: isBan, now: now)
        guard mode == .enforce else { return (isNews, []) }
        let held = line.tickets { frozenRefusal(endpoint: $0.endpoint, deadline: $0.limitDeadline, now: now) != nil }
        var departures: [Departure] = []
        for ticket in held {
            guard let waiter = leave(ticket),
                let refusal = frozenRefusal(endpoint: waiter.endpoint, deadline: waiter.limitDeadline, now: now)
            else { continue }
            if !waiter.wasLimited || waiter.isAsking { newlyLimited.append(waiter.endpoint) }
            departures.append(Departure(ticket: ticket, endpoint: waiter.endpoint, refusal: refusal))
        }
        return (isNews, departures)
    }

    /// A stop that is over at `now`: its scope and whether it was a ban; nil where there is none.
    public mutating func takeThaw(now: Instant) -> (scope: HoldScope, wasBan: Bool)? {
        holds.takeThaw(now: now).map { ($0.scope, $0.wasBan) }
    }

    /// Sets how long after its coming a call of a scope goes at the earliest; nil: no such delay.
    public mutating func setDelay(_ scope: HoldScope, _ delay: TimeSpan?) {
        holds.setDelay(scope, delay)
    }

    /// Has a limit's figures count `factor` times (above 0, at most 1) from here on; what is used stays used.
    public mutating func setFactor(_ limit: Int, _ factor: Double) {
        stack.setFactor(limit, factor)
    }

    /// Lets at most `units` more through an unkeyed limit until then; nil lifts the bound.
    public mutating func setAllowance(_ limit: Int, units: Int?, until: Instant?) {
        stack.setAllowance(limit, units: until == nil ? nil : units, until: until ?? .distantFuture)
    }

    /// Tells how far the wall clock is ahead of the monotonic one, for calendar windows.
    public mutating func setWallOffset(_ offset: TimeSpan) {
        stack.setWallOffset(offset)
    }

    /// Forgets what was used of a limit: of one key, in one tier or in all, or of everything (nil). Places in flight stay
    /// taken.
    ///
    /// - Returns: false where there is no such limit, or it has no such keys or tier.
    public mutating func reset(_ limit: Int, key: [String]?, tier: String?) -> Bool {
        stack.reset(limit, key: key, tier: tier, number: number &+ 1)
    }

    /// Goes on under other limits. What is used of a limit stays used where it goes on under the same name, kind and key,
    /// and for the same endpoint; calls in line stay there, those to endpoints that are gone with the last one.
    ///
    /// - Parameters:
    ///   - mode: whether calls are held to the limits from here on; nil: as before.
    ///   - from: each endpoint's former place; nil for a new one.
    /// - Returns: for each former limit its place now; nil for one that is gone.
    @discardableResult
    public mutating func reconfigure(
        shared: [LimitSettings], endpoints: [[LimitSettings]], maxLength: Int, shares: [Int],
        mode: AdmissionMode? = nil, from: [Int?], fleet: FleetStart? = nil, now: Instant
    ) -> [Int?] {
        if let mode { setMode(mode) }
        let former = stack
        stack = LimitStack(shared: shared, endpoints: endpoints, seed: former.seed, fleet: fleet)
        let moved = stack.inherit(former, from: from, now: now)
        places.rewrite { holding in
            let held =
                switch holding {
                case .ofEndpoint(let endpoint, let keys): former.places(endpoint, keys)
                case .listed(let held): held
                }
            return held.compactMap { place in moved[place.limit].map { HeldPlace(limit: $0, key: place.key) } }
        }
        holds = holds.moved(from: from)
        backlog = Backlog(limits: stack.count)
        self.maxLength = maxLength
        self.shares = shares
        era &+= 1
        for ticket in line.exchange(lanes: Self.lanes(of: stack)) {
            guard var waiter = line.waiter(ticket) else { continue }
            let origin = waiter.endpoint
            waiter.endpoint = from.firstIndex(of: origin) ?? from.count - 1
            waiter.keys = stack.keys(waiter.keys, of: waiter.endpoint, from: former, origin: origin, moved: moved)
            waiter.bottleneck = nil
            let lane = lane(for: waiter)
            line.reenter(ticket, as: waiter, lane: lane)
            count(waiter, lane: lane, sign: 1)
        }
        return moved
    }

    /// The calls in line that cost more than what their limits can ever admit, as they may once those are smaller.
    public var hopeless: [Ticket] {
        guard mode == .enforce else { return [] }
        return tickets { waiter in
            largestCost(of: waiter.endpoint, priority: waiter.priority).map { waiter.cost > $0 } ?? false
        }
    }

    /// Forgets every stop and every delay. Returns the stops that there were.
    public mutating func liftHolds() -> [(scope: HoldScope, wasBan: Bool)] {
        defer { holds = Holds(endpoints: shares.count) }
        var lifted: [(scope: HoldScope, wasBan: Bool)] = []
        while let thaw = holds.takeThaw(now: .distantFuture) { lifted.append((thaw.scope, thaw.wasBan)) }
        return lifted
    }

    /// What the limits and the line show of themselves.
    public mutating func snapshot(now: Instant) -> AdmissionSnapshot {
        AdmissionSnapshot(
            limits: stack.snapshot(now: now),
            length: line.count,
            lengthByPriority: line.countByPriority,
            oldestWait: line.oldestJoined.map { max(.zero, now - $0) } ?? .zero,
            frozen: holds.snapshot(.upstream, now: now),
            frozenEndpoints: shares.indices.map { holds.snapshot(.endpoint($0), now: now) })
    }

    /// The lanes of calls without keys, one for each endpoint.
    static func lanes(of stack: LimitStack) -> [Lane] {
        (0..<stack.endpointCount).map { endpoint in
            let needs = stack.needs(of: endpoint).compactMap { place -> Lane.Need? in
                let need = stack.need(place)
                return need.keyed == nil ? Lane.Need(place: place, resource: need.limit) : nil
            }
            return Lane(endpoint: endpoint, keys: .none, needs: needs)
        }
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
    /// The provider's stop for all calls; nil without one.
    public let frozen: HoldSnapshot?
    /// The provider's stop for the calls to each endpoint alone.
    public let frozenEndpoints: [HoldSnapshot?]
}
