/// All limits of an upstream: those that every call shares and those of each endpoint.
///
/// A call needs the shared ones and its endpoint's own, and takes from all of them or from none. Limits are named by
/// their place here: the shared ones first, then each endpoint's in the endpoints' order.
public struct LimitStack: Sendable {
    private var limits: [Limit]
    private let needs: [[Int]]

    /// Limits `shared` by all calls, and each endpoint's own.
    public init(shared: [LimitSettings], endpoints: [[LimitSettings]]) {
        var limits = shared.map(Limit.init)
        var needs: [[Int]] = []
        for own in endpoints {
            needs.append(Array(shared.indices) + Array(limits.count..<limits.count + own.count))
            limits.append(contentsOf: own.map(Limit.init))
        }
        self.limits = limits
        self.needs = needs
    }

    /// How many limits there are.
    public var count: Int { limits.count }

    /// The limits that a call to `endpoint` needs.
    public func needs(of endpoint: Int) -> [Int] {
        needs[endpoint]
    }

    /// What the limit promises.
    public func settings(_ limit: Int) -> LimitSettings {
        limits[limit].settings
    }

    /// The most that one call to `endpoint` can ever cost; nil without limits.
    public func largestCost(of endpoint: Int) -> Int? {
        needs[endpoint].map { limits[$0].capacity }.min()
    }

    /// The earliest moment, not before `now`, at which one limit alone admits `units`; beyond its capacity a projection.
    public mutating func earliest(_ limit: Int, units: Int, now: Instant) -> Instant {
        limits[limit].earliest(units: units, now: now)
    }

    /// Whether every limit that a call to `endpoint` needs admits `cost` at `now`.
    public mutating func admits(endpoint: Int, cost: Int, now: Instant) -> Bool {
        for limit in needs[endpoint] where limits[limit].earliest(units: cost, now: now) > now { return false }
        return true
    }

    /// Takes `cost` from every limit that a call to `endpoint` needs, if all of them admit it; from none otherwise.
    public mutating func takeIfAdmitted(endpoint: Int, cost: Int, now: Instant) -> Bool {
        guard admits(endpoint: endpoint, cost: cost, now: now) else { return false }
        for limit in needs[endpoint] {
            limits[limit].take(units: cost, now: now)
        }
        return true
    }

    /// How much of each limit is used.
    public mutating func snapshot(now: Instant) -> [LimitSnapshot] {
        limits.indices.map { limits[$0].snapshot(now: now) }
    }
}
