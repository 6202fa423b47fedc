package import NIOCore

/// How many calls per second the demonstration's callers ask for, as a function of time: a cycle of phases.
package struct WavePlan: Sendable, Equatable {
    /// A stretch of the cycle with one rate.
    package struct Phase: Sendable, Equatable {
        package let length: TimeAmount
        /// Calls per second of all callers together; at least 1.
        package let callsPerSecond: Int64

        /// A phase of this length and rate; a rate below 1 is taken as 1.
        package init(length: TimeAmount, callsPerSecond: Int64) {
            self.length = length
            self.callsPerSecond = max(1, callsPerSecond)
        }
    }

    /// The phases of a cycle, in order.
    package let phases: [Phase]
    private let cycle: TimeAmount

    /// A plan that repeats these phases; without any, it asks for one call per second.
    package init(phases: [Phase]) {
        self.phases = phases
        cycle = phases.reduce(.zero) { $0 + $1.length }
    }

    /// The demonstration's: 150 per second on average against a quota of 120. For 8 of each 20 s it asks for
    /// twice the quota and the line fills, for 12 s for three quarters of it and the line drains.
    package static let demonstration = WavePlan(phases: [
        Phase(length: .seconds(12), callsPerSecond: 90),
        Phase(length: .seconds(8), callsPerSecond: 240),
    ])

    /// The rate in force this long after the start.
    package func callsPerSecond(at elapsed: TimeAmount) -> Int64 {
        guard cycle > .zero, elapsed >= .zero else { return phases.first?.callsPerSecond ?? 1 }
        var phase = TimeAmount.nanoseconds(elapsed.nanoseconds % cycle.nanoseconds)
        for candidate in phases {
            if phase < candidate.length { return candidate.callsPerSecond }
            phase = phase - candidate.length
        }
        return phases.last?.callsPerSecond ?? 1
    }

    /// The pause between two calls of one caller, when `callers` share the rate.
    package func interval(at elapsed: TimeAmount, callers: Int) -> TimeAmount {
        .nanoseconds(Int64(max(1, callers)) * 1_000_000_000 / callsPerSecond(at: elapsed))
    }
}
