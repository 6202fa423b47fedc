internal import WeirCore
internal import WeirMetrics

/// The series of one limit, read off its snapshots.
struct LimitMetrics: Sendable {
    private let usedRatio: Gauge?
    private let factor: Gauge
    private let keys: Gauge?
    private let evictions: Counter?

    init(_ catalogue: MetricCatalogue, upstream: String, endpoint: String, _ limit: LimitSettings) throws(MetricError) {
        let labels = [upstream, endpoint, limit.name]
        let isKeyed = !limit.key.isEmpty || limit.tiers != nil
        usedRatio = isKeyed ? nil : try catalogue.usedRatio.series(labels)
        factor = try catalogue.effectiveFactor.series(labels)
        keys = isKeyed ? try catalogue.keys.series(labels) : nil
        evictions = isKeyed ? try catalogue.keyEvictions.series(labels) : nil
    }

    /// Shows a limit as it stands; one that does not act (nil) as wholly free.
    func update(from snapshot: LimitSnapshot?) {
        guard let snapshot else {
            usedRatio?.set(0)
            factor.set(1)
            keys?.set(0)
            return
        }
        if let ratio = snapshot.usedRatio { usedRatio?.set(ratio) }
        factor.set(snapshot.factor)
        keys?.set(Double(snapshot.keys))
        evictions?.raise(to: UInt64(max(0, snapshot.evictions)))
    }
}

extension LimitSnapshot {
    /// The share in use, from 0 to 1; nil for a keyed limit.
    var usedRatio: Double? {
        used.map { min(1, Double($0) / Double(max(1, capacity))) }
    }
}
