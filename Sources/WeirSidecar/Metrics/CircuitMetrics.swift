internal import WeirCore
internal import WeirMetrics

/// The series of one circuit, resolved once.
struct CircuitMetrics: Sendable {
    private let state: Gauge
    private let transitions: [CircuitMove: Counter]

    private struct CircuitMove: Hashable {
        let from: CircuitState
        let to: CircuitState
    }

    private static let legalMoves: [(CircuitState, CircuitState)] = [
        (.closed, .open), (.open, .halfOpen), (.halfOpen, .closed), (.halfOpen, .open),
    ]

    init(_ catalogue: MetricCatalogue, upstream: String, endpoint: String) throws(MetricError) {
        state = try catalogue.circuitState.series([upstream, endpoint])
        var transitions: [CircuitMove: Counter] = [:]
        for (from, to) in Self.legalMoves {
            transitions[CircuitMove(from: from, to: to)] = try catalogue.circuitTransitions.series(
                [upstream, endpoint, from.name, to.name])
        }
        self.transitions = transitions
    }

    /// Shows the state in which the circuit is; where it does not act (nil), that is CLOSED.
    func show(_ snapshot: CircuitSnapshot?) {
        state.set(Double((snapshot?.state ?? .closed).rawValue))
    }

    func moved(_ transition: CircuitTransition) {
        state.set(Double(transition.to.rawValue))
        transitions[CircuitMove(from: transition.from, to: transition.to)]?.increment()
    }
}
