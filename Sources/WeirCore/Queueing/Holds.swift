/// Whom a freeze or a delay holds.
public enum HoldScope: Hashable, Sendable {
    /// Every call.
    case upstream
    /// The calls to one endpoint, by its place.
    case endpoint(Int)
}

/// A provider's stop, as it is left.
public struct HoldSnapshot: Hashable, Sendable {
    /// How much longer it lasts.
    public let left: TimeSpan
    /// Whether it is a ban.
    public let isBan: Bool

    /// A stop that lasts for `left` more.
    public init(left: TimeSpan, isBan: Bool) {
        self.left = left
        self.isBan = isBan
    }
}

/// What holds calls back beside their limits: the provider's stops, and slow-downs.
///
/// A stop holds every call of its scope until it is over; of several the one that ends last counts. A delay lets no call
/// go sooner than that long after it came.
struct Holds: Sendable {
    /// A stop that is over.
    struct Thaw: Sendable {
        let scope: HoldScope
        let wasBan: Bool
    }

    private struct Stop {
        var until: Instant
        /// When the ban in it is over; nil without one.
        var banUntil: Instant?
    }

    /// By scope: the upstream's first, then each endpoint's.
    private var stops: [Stop?]
    private var delays: [TimeSpan]
    /// Whether anything may hold a call: where not, nobody needs to ask.
    private(set) var isAny = false

    /// Nothing held, for so many endpoints.
    init(endpoints: Int) {
        stops = [Stop?](repeating: nil, count: endpoints + 1)
        delays = [TimeSpan](repeating: .zero, count: endpoints + 1)
    }

    /// Stops a scope until a moment. An earlier stop that ends later stays.
    ///
    /// - Returns: whether that is worth telling: it was not stopped, was not banned, or stays so a second longer at least.
    mutating func freeze(_ scope: HoldScope, until: Instant, isBan: Bool, now: Instant) -> Bool {
        guard let place = place(scope), until > now else { return false }
        let old = stops[place]
        let wasBanned = old?.banUntil.map { $0 > now } ?? false
        let oldUntil = old?.until ?? now
        let banUntil = isBan ? max(old?.banUntil ?? until, until) : old?.banUntil
        stops[place] = Stop(until: max(oldUntil, until), banUntil: banUntil)
        isAny = true
        return old == nil || (isBan && !wasBanned) || until - oldUntil >= .seconds(1)
    }

    /// Sets how long after its coming a call of a scope goes at the earliest; nil: no such delay.
    mutating func setDelay(_ scope: HoldScope, _ delay: TimeSpan?) {
        guard let place = place(scope) else { return }
        delays[place] = max(.zero, delay ?? .zero)
        note()
    }

    /// When the provider's stops for calls to `endpoint` are over; nil without one.
    func thaw(of endpoint: Int) -> Instant? {
        guard isAny else { return nil }
        switch (stops[0]?.until, stops[endpoint + 1]?.until) {
        case (let all?, let own?): return max(all, own)
        case (let all?, nil): return all
        case (nil, let own): return own
        }
    }

    /// When a call to `endpoint` that came at `joined` is held no longer, by a stop or a delay.
    func end(of endpoint: Int, joined: Instant) -> Instant {
        guard isAny else { return joined }
        let ripe = joined + max(delays[0], delays[endpoint + 1])
        return max(ripe, thaw(of: endpoint) ?? ripe)
    }

    /// When the next stop is over.
    var nextThaw: Instant? {
        guard isAny else { return nil }
        return stops.lazy.compactMap { $0?.until }.min()
    }

    /// A stop that is over at `now`, which is forgotten.
    mutating func takeThaw(now: Instant) -> Thaw? {
        guard isAny else { return nil }
        guard let place = stops.firstIndex(where: { $0.map { $0.until <= now } ?? false }) else { return nil }
        let wasBan = stops[place]?.banUntil != nil
        stops[place] = nil
        note()
        return Thaw(scope: place == 0 ? .upstream : .endpoint(place - 1), wasBan: wasBan)
    }

    /// What holds a scope at `now`; nil where no stop does.
    func snapshot(_ scope: HoldScope, now: Instant) -> HoldSnapshot? {
        guard let place = place(scope), let stop = stops[place], stop.until > now else { return nil }
        return HoldSnapshot(left: stop.until - now, isBan: stop.banUntil.map { $0 > now } ?? false)
    }

    /// The same for other endpoints: `from` has each one's former place.
    func moved(from: [Int?]) -> Holds {
        var moved = Holds(endpoints: from.count)
        let places = [0] + from.map { $0.map { $0 + 1 } ?? stops.count }
        for (place, origin) in places.enumerated() where origin < stops.count {
            moved.stops[place] = stops[origin]
            moved.delays[place] = delays[origin]
        }
        moved.note()
        return moved
    }

    private mutating func note() {
        isAny = stops.contains { $0 != nil } || delays.contains { $0 > .zero }
    }

    private func place(_ scope: HoldScope) -> Int? {
        switch scope {
        case .upstream: 0
        case .endpoint(let endpoint): endpoint >= 0 && endpoint < stops.count - 1 ? endpoint + 1 : nil
        }
    }
}
