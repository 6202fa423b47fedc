/// What a provider says may still be sent under some limits, and until when that holds: an upper bound beside our own count.
struct Allowances: Sendable {
    private struct Allowance {
        let limit: Int
        var units: Int
        let until: Instant
    }

    private var all: [Allowance] = []

    /// Whether there is any: where not, nothing has to be asked or told.
    var isAny: Bool { !all.isEmpty }

    /// Lets at most `units` more through a limit until `until`; nil lifts the bound.
    mutating func set(_ limit: Int, units: Int?, until: Instant) {
        all.removeAll { $0.limit == limit }
        if let units { all.append(Allowance(limit: limit, units: units, until: until)) }
    }

    /// The earliest moment, not before `now`, at which the bound lets `units` through.
    mutating func earliest(_ limit: Int, units: Int, now: Instant) -> Instant {
        all.removeAll { $0.until <= now }
        guard let bound = all.first(where: { $0.limit == limit }), units > bound.units else { return now }
        return bound.until
    }

    /// Units have been taken (negative), or given back.
    mutating func add(_ limit: Int, _ units: Int) {
        guard let place = all.firstIndex(where: { $0.limit == limit }) else { return }
        all[place].units += units
    }

    /// Has the bounds follow their limits to other places; nil for one that is gone.
    mutating func move(_ place: (Int) -> Int?) {
        all = all.compactMap { bound in
            place(bound.limit).map { Allowance(limit: $0, units: bound.units, until: bound.until) }
        }
    }
}
