/// What has to be kept of the limits' use, and how it is taken up again after a restart.
extension AdmissionControl {
    /// Tells what an admission has taken of each limit: right after it was given, or before it is given back. Nothing
    /// where it has nothing to give back any more.
    package mutating func forEachCharge(of admission: Admission, now: Instant, _ body: (Charge) -> Void) {
        guard admission.era == era, admission.holding.map(places.isEntered) ?? true else { return }
        let request = LimitStack.Request(
            endpoint: admission.endpoint, cost: admission.cost, isCritical: false, keys: admission.keys)
        stack.forEachCharge(request, number: admission.number, now: now, body)
    }

    /// A charge with the mark of its limit as it is now.
    package mutating func remarked(_ charge: Charge, now: Instant) -> Charge {
        stack.remarked(charge, now: now)
    }

    /// Takes up what was used of the limits before a restart; nothing of it is ever given back. To be done before any
    /// call comes.
    package mutating func restore(_ kept: [KeptLimit], now: Instant) {
        for limit in kept { stack.restore(limit, now: now) }
    }

    /// Where a key of a limit is counted, as in `Charge.slot`; nil where nothing is used of it.
    package mutating func slot(of key: LimitKey, limit: Int) -> Int? {
        stack.slot(of: key, limit: limit)
    }

    /// The places that a limit's keys have had at once: each `Charge.slot` lies below it, and below `max_keys` or what
    /// that was before.
    package func slotCount(_ limit: Int) -> Int {
        stack.slotCount(limit)
    }

    /// Where those keys are counted whose use a reset of them would forget.
    package mutating func slots(_ limit: Int, key: [String], tier: String?) -> [Int] {
        stack.slots(limit, key: key, tier: tier)
    }
}
