public import WeirCore

/// What is asked without changing anything.
extension RateLimiter {
    /// When a call that came now would be admitted, as `AdmissionControl.projection`.
    public func projection(_ demand: Demand, now: Instant) -> Instant {
        control.projection(demand, now: now)
    }

    /// One limit as it stands; nil where there is none at that place.
    public func snapshot(of limit: Int, now: Instant) -> LimitSnapshot? {
        control.snapshot(of: limit, now: now)
    }
}
