import Testing
import WeirCore

/// A `Circuit` that an expectation may change.
final class CircuitBench {
    private var circuit: Circuit

    init(_ settings: CircuitSettings) {
        circuit = Circuit(settings)
    }

    var state: CircuitState { circuit.state }
    var nextEvent: Instant? { circuit.nextEvent }
    var forced: ForcedCircuitState? { circuit.forced }
    func force(_ state: ForcedCircuitState?, now: Instant) { circuit.force(state, now: now) }
    func reconfigure(_ settings: CircuitSettings, now: Instant) { circuit.reconfigure(settings, now: now) }
    func advance(now: Instant) { circuit.advance(now: now) }
    func wouldRefuse(bypass: Bool = false, _ now: Instant) -> TimeSpan? { circuit.refusal(bypass: bypass, now: now) }
    func claim(bypass: Bool, now: Instant) -> CircuitAnswer { circuit.claim(bypass: bypass, now: now) }
    func report(_ permit: CircuitPermit, _ outcome: Outcome, now: Instant) { circuit.report(permit, outcome, now: now) }
    func takeMoves() -> [CircuitTransition] { circuit.takeMoves() }
    func snapshot(now: Instant) -> CircuitSnapshot { circuit.snapshot(now: now) }

    func permit(_ now: Instant) -> CircuitPermit? {
        if case .permit(let permit) = circuit.claim(now: now) { permit } else { nil }
    }

    func refusal(_ now: Instant) -> TimeSpan? {
        if case .refused(let wait) = circuit.claim(now: now) { wait } else { nil }
    }

    func fail(_ now: Instant) throws {
        report(try #require(permit(now)), .failure, now: now)
    }

    func succeed(_ now: Instant) throws {
        report(try #require(permit(now)), .success, now: now)
    }
}
