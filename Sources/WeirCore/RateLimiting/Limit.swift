/// One limit at work: its settings and what has been used of it.
public struct Limit: Sendable {
    private enum State {
        case slidingWindow(SlidingWindow)
        case tokenBucket(TokenBucket)
    }

    /// What is promised.
    public let settings: LimitSettings
    /// The most units that can ever be admitted at once.
    public let capacity: Int
    private var state: State

    /// A limit of which nothing is used.
    public init(_ settings: LimitSettings) {
        self.settings = settings
        switch settings.algorithm {
        case .slidingWindow(let requests, let per, let margin):
            let window = SlidingWindow(capacity: requests, span: per + margin)
            capacity = window.capacity
            state = .slidingWindow(window)
        case .tokenBucket(let rate, let burst):
            let bucket = TokenBucket(rate: rate, burst: burst)
            capacity = bucket.burst
            state = .tokenBucket(bucket)
        }
    }

    /// The earliest moment, not before `now`, at which `units` fit; beyond `capacity` a projection.
    public mutating func earliest(units: Int, now: Instant) -> Instant {
        switch state {
        case .slidingWindow(var window):
            // The payload is moved out and back so that the window is never copied on write.
            state = .tokenBucket(Self.vacant)
            defer { state = .slidingWindow(window) }
            return window.earliest(units: units, now: now)
        case .tokenBucket(let bucket):
            return bucket.earliest(units: units, now: now)
        }
    }

    /// Takes `units` at `now`; the caller has found with the same `now` that they fit.
    public mutating func take(units: Int, now: Instant) {
        switch state {
        case .slidingWindow(var window):
            state = .tokenBucket(Self.vacant)
            window.take(units: units, now: now)
            state = .slidingWindow(window)
        case .tokenBucket(var bucket):
            bucket.take(units: units, now: now)
            state = .tokenBucket(bucket)
        }
    }

    /// How much is used at `now`.
    public mutating func snapshot(now: Instant) -> LimitSnapshot {
        let used: Int
        switch state {
        case .slidingWindow(var window):
            state = .tokenBucket(Self.vacant)
            used = window.used(now: now)
            state = .slidingWindow(window)
        case .tokenBucket(let bucket):
            used = bucket.used(now: now)
        }
        let next = earliest(units: 1, now: now)
        return LimitSnapshot(settings: settings, capacity: capacity, used: used, untilNextFree: next - now)
    }

    private static let vacant = TokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 1)
}

/// What a limit shows of itself at one moment.
public struct LimitSnapshot: Sendable {
    /// What is promised.
    public let settings: LimitSettings
    /// The most units at once.
    public let capacity: Int
    /// Units in use.
    public let used: Int
    /// How long until one more unit fits; 0 where it fits now.
    public let untilNextFree: TimeSpan
}
