/// What is asked without changing anything.
extension AdmissionControl {
    /// When a call that came now would be admitted, those in line ahead of it first, as far as time alone tells: one that
    /// waits for a place in flight, or a limit that lets nobody wait, may be later.
    public mutating func projection(_ demand: Demand, now: Instant) -> Instant {
        guard mode == .enforce else { return now }
        return project(demand.request, joined: now, behind: demand.priority, now: now).earliest
    }

    /// One limit as it stands; nil where there is none at that place.
    public mutating func snapshot(of limit: Int, now: Instant) -> LimitSnapshot? {
        limit >= 0 && limit < stack.count ? stack.snapshot(of: limit, now: now) : nil
    }
}

extension Admission {
    /// Whether it holds places in flight, which are given back when the attempt is over.
    public var holdsPlaces: Bool { holding != nil }
}
