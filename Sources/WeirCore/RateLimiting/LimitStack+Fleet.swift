/// How a fleet begins in which limits are shared.
public struct FleetStart: Sendable {
    /// How it shares.
    package let settings: FleetSettings
    /// The endpoints' names, in their order.
    package let endpoints: [String]
    /// When it begins.
    package let now: Instant

    /// A fleet that begins at `now`.
    package init(_ settings: FleetSettings, endpoints: [String], now: Instant) {
        self.settings = settings
        self.endpoints = endpoints
        self.now = now
    }
}

/// The limits that a fleet shares.
extension LimitStack {
    mutating func admitsInFleet(_ request: Request, now: Instant) -> Bool {
        for place in needs(of: request.endpoint) where need(place).fleet != nil {
            if earliest(place, request, now: now) > now { return false }
        }
        return true
    }

    mutating func takeInFleet(_ request: Request, now: Instant) {
        for place in needs(of: request.endpoint) {
            guard let shared = need(place).fleet else { continue }
            let units = units(place, request)
            fleet?.take(shared, units: units, now: now)
        }
    }

    /// Whether no time by itself tells when one limit admits a call: the end of another does, or the fleet.
    func isUnforeseeable(at place: Int) -> Bool {
        holdsPlaces(at: place) || need(place).fleet != nil
    }

    /// Goes on with the part of the fleet that another stack had, where they share the same.
    mutating func followFleet(of former: LimitStack) {
        guard fleetNames == former.fleetNames else { return }
        let mine = limits.filter { $0.fleet != nil }.map(\.settings.algorithm)
        let theirs = former.limits.filter { $0.fleet != nil }.map(\.settings.algorithm)
        if mine == theirs { fleet = former.fleet }
    }
}
