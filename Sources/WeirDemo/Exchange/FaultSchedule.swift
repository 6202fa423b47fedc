package import NIOCore

/// When the exchange misbehaves: a cycle of fault periods, repeated from its start on.
///
/// The faults hit order creation only, so that the circuits of the other endpoints stay closed beside it.
package struct FaultSchedule: Sendable, Equatable {
    /// What is wrong with an answer.
    package enum Fault: Sendable, Equatable {
        /// Nothing.
        case none
        /// It has this status (500 or 503, say) and says so in its body.
        case status(Int)
        /// It is right, but comes this much later.
        case slow(TimeAmount)
    }

    /// A half-open stretch of the cycle with a fault.
    package struct Period: Sendable, Equatable {
        package let from: TimeAmount
        package let until: TimeAmount
        package let fault: Fault

        /// A fault from `from` until just before `until`, both counted from the start of a cycle.
        package init(from: TimeAmount, until: TimeAmount, fault: Fault) {
            self.from = from
            self.until = until
            self.fault = fault
        }
    }

    /// The length of a cycle; at or below 0 there are no faults.
    package let cycle: TimeAmount
    /// The periods; where they overlap, the first wins.
    package let periods: [Period]

    /// A schedule of these periods in each cycle.
    package init(cycle: TimeAmount, periods: [Period]) {
        self.cycle = cycle
        self.periods = periods
    }

    /// Never a fault.
    package static let none = FaultSchedule(cycle: .zero, periods: [])

    /// The demonstration's: in each minute, 500 from second 8 to 18, so that a circuit opens within sight of the
    /// start and recovers, and 300 ms slower from second 38 to 41.
    package static let demonstration = FaultSchedule(
        cycle: .seconds(60),
        periods: [
            Period(from: .seconds(8), until: .seconds(18), fault: .status(500)),
            Period(from: .seconds(38), until: .seconds(41), fault: .slow(.milliseconds(300))),
        ])

    /// The fault in force this long after the start. Before the start there is none.
    package func fault(at elapsed: TimeAmount) -> Fault {
        guard cycle > .zero, elapsed >= .zero else { return .none }
        let phase = TimeAmount.nanoseconds(elapsed.nanoseconds % cycle.nanoseconds)
        return periods.first { $0.from <= phase && phase < $0.until }?.fault ?? .none
    }
}
