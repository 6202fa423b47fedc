/// The figures of a spacing: never two attempts closer than `every`.
struct Spacing: Hashable, Sendable {
    /// When the last attempts were.
    struct State: Sendable {
        fileprivate(set) var last: Instant?
        /// The one before it, which matters once the last is given back.
        fileprivate var previous: Instant?
    }

    /// The distance: the promised one, stretched by the factor, and the margin.
    private let every: TimeSpan

    /// A distance of `every` (at least 1 ns).
    init(every: TimeSpan) {
        self.every = max(every, TimeSpan(nanoseconds: 1))
    }

    /// The earliest moment, not before `now`, for the last of `units` attempts in a row.
    func earliest(_ state: State, units: Int, now: Instant) -> Instant {
        let first = state.last.map { max(now, $0 + every) } ?? now
        return first + every * Int64(max(0, units - 1))
    }

    /// Records an attempt at `now`; time going backwards stands still at the last one.
    func take(_ state: inout State, now: Instant) {
        state.previous = state.last
        state.last = state.last.map { max(now, $0) } ?? now
    }

    /// Forgets the attempt at `takenAt`, if it is one of the last two: the others no longer hold anybody back.
    func giveBack(_ state: inout State, takenAt: Instant) {
        if state.last == takenAt {
            (state.last, state.previous) = (state.previous, nil)
        } else if state.previous == takenAt {
            state.previous = nil
        }
    }
}
