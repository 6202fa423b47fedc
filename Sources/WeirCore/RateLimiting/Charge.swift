/// What one admission has taken of one limit, and where that is counted: what has to be kept for a restart.
package struct Charge: Hashable, Sendable {
    /// The limit's place.
    package let limit: Int
    /// The place of the key's state among the limit's; 0 where all calls are counted together. No two keys that are held have
    /// the same.
    package let slot: Int
    /// The key; nil where all calls are counted together.
    package let key: LimitKey?
    /// Units taken.
    package let units: Int
    /// The one moment that stands for the use of such a limit, as `LimitRules.mark`.
    package let mark: Instant?
}

/// What an admission has taken, and where a limit's keys are counted.
extension LimitStack {
    /// Tells what the admission of that `number` has taken of each limit, and has not been forgotten since. Places in flight
    /// are left out: they are not kept.
    mutating func forEachCharge(_ request: Request, number: UInt32, now: Instant, _ body: (Charge) -> Void) {
        for place in needs(of: request.endpoint) {
            let need = need(place)
            guard !limits[need.limit].holdsPlaces else { continue }
            if let keyedPlace = need.keyed {
                guard let key = key(of: need, request.keys),
                    let kept = keyed[keyedPlace].states.kept(key.digest, since: number, now: now)
                else { continue }
                let units = keyed[keyedPlace].units(key, cost: request.cost)
                body(Charge(limit: need.limit, slot: kept.slot, key: key, units: units, mark: kept.mark))
            } else if need.fleet == nil, limits[need.limit].counts(number) {
                let units = limits[need.limit].rules.weight(cost: request.cost)
                let mark = limits[need.limit].mark(now: now)
                body(Charge(limit: need.limit, slot: 0, key: nil, units: units, mark: mark))
            }
        }
    }

    /// A charge with the mark of its limit as it is now.
    mutating func remarked(_ charge: Charge, now: Instant) -> Charge {
        var mark: Instant?
        if let key = charge.key {
            let kept = limits[charge.limit].keyed.flatMap { keyed[$0].states.kept(key.digest, now: now) }
            if let kept, kept.slot == charge.slot { mark = kept.mark }
        } else {
            mark = limits[charge.limit].mark(now: now)
        }
        return Charge(limit: charge.limit, slot: charge.slot, key: charge.key, units: charge.units, mark: mark)
    }

    /// Takes up what was used before a restart.
    mutating func restore(_ kept: KeptLimit, now: Instant) {
        guard limits.indices.contains(kept.limit), !limits[kept.limit].holdsPlaces else { return }
        if let place = limits[kept.limit].keyed {
            keyed[place].states.restore(kept.keys, spentAt: kept.spentAt, now: now)
        } else {
            limits[kept.limit].restore(kept, now: now)
        }
    }

    /// Where a key of a limit is counted; nil where nothing is used of it.
    mutating func slot(of key: LimitKey, limit: Int) -> Int? {
        guard limits.indices.contains(limit), let place = limits[limit].keyed else { return nil }
        return keyed[place].states.slot(of: key.digest)
    }

    /// The places that a limit's keys have had at once; 1 where all calls are counted together.
    func slotCount(_ limit: Int) -> Int {
        limits[limit].keyed.map { keyed[$0].states.slotCount } ?? 1
    }

    /// Where the keys are counted that a reset names, as `reset` takes them.
    mutating func slots(_ limit: Int, key parts: [String], tier: String?) -> [Int] {
        guard limits.indices.contains(limit), let place = limits[limit].keyed else { return [] }
        let settings = limits[limit].settings
        let tiers = tier.map { [settings.tierIndex($0)] } ?? Array(settings.algorithms.indices)
        return tiers.compactMap {
            keyed[place].states.slot(of: settings.key(parts, tier: $0, seed: seed).digest)
        }
    }
}
