public import WeirCore

/// What changes the limits and holds the line from outside. Each looks at once who may go.
extension RateLimiter {
    /// The provider said stop: nobody of the scope goes until then, a bypassing call neither. Those in line who would be
    /// held beyond their deadline are refused at once.
    ///
    /// - Parameters:
    ///   - scope: all calls, or those to one endpoint.
    ///   - until: the end; an earlier stop that ends later stays.
    ///   - isBan: whether the provider bans rather than slows.
    ///   - status: the status of the answer that called for it, for the event.
    ///   - now: the present.
    public func freeze(_ scope: HoldScope, until: Instant, isBan: Bool, status: Int? = nil, now: Instant) {
        let (isNews, departures) = control.freeze(scope, until: until, isBan: isBan, now: now)
        journal?.froze(scope, until: until, isBan: isBan, now: now)
        if isNews { emit(.frozen(Freeze(left: until - now, isBan: isBan, status: status)), scope) }
        for departure in departures { turnAway(departure) }
        arm(now: now)
    }

    /// Has every call of a scope go no sooner than `delay` after it came; nil: no such delay.
    public func setDelay(_ scope: HoldScope, _ delay: TimeSpan?, now: Instant) {
        change(now: now) { $0.setDelay(scope, delay) }
    }

    /// Has a limit's figures count `factor` times (above 0, at most 1) from here on; what is used stays used.
    public func setFactor(_ limit: Int, _ factor: Double, now: Instant) {
        change(now: now) { $0.setFactor(limit, factor) }
    }

    /// Lets at most `units` more through an unkeyed limit until a moment; nil lifts the bound.
    public func setAllowance(_ limit: Int, units: Int?, until: Instant?, now: Instant) {
        change(now: now) { $0.setAllowance(limit, units: units, until: until) }
    }

    /// Tells how far the wall clock is ahead of the loop's, for calendar windows: at the start, and whenever it changes.
    public func setWallOffset(_ offset: TimeSpan, now: Instant) {
        journal?.setWallOffset(offset)
        change(now: now) { $0.setWallOffset(offset) }
    }

    /// Forgets what was used of a limit: of one key (its parts), in one tier or in all, or of everything (nil).
    ///
    /// - Returns: false where there is no such limit, or it has no such keys or tier.
    public func reset(_ limit: Int, key: [String]?, tier: String?, now: Instant) -> Bool {
        change(now: now) { control in
            // Where they are counted is not known any more afterwards.
            let isAll = key == nil && tier == nil
            let slots = journal == nil || isAll ? nil : control.slots(limit, key: key ?? [], tier: tier)
            guard control.reset(limit, key: key, tier: tier) else { return false }
            journal?.reset(limit: limit, slots: slots)
            return true
        }
    }

    /// Forgets every stop and every delay of the provider.
    public func liftHolds(now: Instant) {
        for (scope, wasBan) in change(now: now, { $0.liftHolds() }) { emit(.thawed(wasBan: wasBan), scope) }
    }

    /// Goes on under other limits, with what is used and those in line, as `AdmissionControl.reconfigure`. Those in line
    /// that cost more than the limits can ever admit now are refused at once: others would wait behind them in vain.
    ///
    /// - Parameters:
    ///   - shared: the limits that all calls share.
    ///   - endpoints: each endpoint's own limits.
    ///   - maxLength: calls in line at most.
    ///   - shares: calls of each endpoint in line at most.
    ///   - mode: whether calls are held to the limits from here on; nil: as before.
    ///   - sinks: where the events of each endpoint go from here on.
    ///   - upstreamSink: where those of the upstream itself go; nil: as before.
    ///   - from: each endpoint's former place; nil for a new one.
    ///   - now: the present.
    /// - Returns: for each former limit its place now; nil for one that is gone.
    @discardableResult
    public func reconfigure(
        shared: [LimitSettings], endpoints: [[LimitSettings]], maxLength: Int, shares: [Int],
        mode: AdmissionMode? = nil, sinks: [EventSink], upstreamSink: EventSink? = nil, from: [Int?],
        fleet: FleetStart? = nil, now: Instant
    ) -> [Int?] {
        tellNewlyLimited()
        self.sinks = sinks
        if let upstreamSink { self.upstreamSink = upstreamSink }
        let moved = control.reconfigure(
            shared: shared, endpoints: endpoints, maxLength: maxLength, shares: shares, mode: mode, from: from,
            fleet: fleet, now: now)
        refuse(Refusal(.rateLimited), control.hopeless, now: now)
        return moved
    }

    /// The most that one call to `endpoint` can ever cost; nil where no limit counts the cost.
    public func largestCost(of endpoint: Int, priority: Priority = .normal) -> Int? {
        control.largestCost(of: endpoint, priority: priority)
    }

    /// How the keys of calls to `endpoint` are made; nil where no limit of it is keyed. Good until the next `reconfigure`.
    public func keying(of endpoint: Int) -> Keying? {
        control.keying(of: endpoint)
    }

    /// The place of a limit by name: among the shared ones (nil), or among those of one endpoint.
    public func limit(named name: String, endpoint: Int?) -> Int? {
        control.limit(named: name, endpoint: endpoint)
    }

    /// What the limits and the line show of themselves.
    public func snapshot(now: Instant) -> AdmissionSnapshot {
        control.snapshot(now: now)
    }
}
