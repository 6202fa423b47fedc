import Testing
import WeirCore

@Suite("Circuit, forced")
struct ForcedCircuitTests {
    private func circuit() -> CircuitBench { CircuitBench(CircuitTests.settings()) }

    @Test("Forced open, it refuses at once all but what bypasses it, and time does not end that")
    func open() throws {
        let circuit = circuit()
        circuit.force(.open, now: at(0))
        #expect(circuit.state == .open)
        #expect(circuit.takeMoves() == [CircuitTransition(from: .closed, to: .open, cause: .forced)])
        #expect(circuit.nextEvent == nil)
        circuit.advance(now: at(1_000_000))
        #expect(circuit.refusal(at(1_000_000)) == .zero, "nobody knows for how long")
        guard case .permit(let bypass) = circuit.claim(bypass: true, now: at(1_000_000)) else {
            Issue.record("refused")
            return
        }
        circuit.report(bypass, .success, now: at(1_000_001))
        #expect(circuit.state == .open)
        #expect(circuit.takeMoves().isEmpty)
    }

    @Test("Forced open in HALF_OPEN, the probes' outcomes move it no more")
    func openWithProbes() throws {
        let circuit = try CircuitTests.open()
        let probe = try #require(circuit.permit(at(5000)))
        circuit.force(.open, now: at(5001))
        circuit.report(probe, .success, now: at(5002))
        #expect(circuit.state == .open)
    }

    @Test("Lifted from forced open, its cooldown counts from when it opened")
    func openLifted() throws {
        let circuit = circuit()
        circuit.force(.open, now: at(0))
        circuit.force(nil, now: at(1000))
        #expect(circuit.state == .open)
        #expect(circuit.nextEvent == at(5000))
        circuit.force(.open, now: at(2000))
        circuit.force(nil, now: at(60_000))
        #expect(circuit.state == .halfOpen, "the cooldown is long over: it probes")
    }

    @Test("Forcing open what is OPEN keeps when it opened")
    func openTwice() throws {
        let circuit = try CircuitTests.open()
        _ = circuit.takeMoves()
        circuit.force(.open, now: at(3000))
        #expect(circuit.takeMoves().isEmpty)
        #expect(circuit.snapshot(now: at(3000)).since == at(0))
        #expect(circuit.snapshot(now: at(3000)).untilNextProbe == nil)
        circuit.force(nil, now: at(4000))
        #expect(circuit.nextEvent == at(5000))
    }

    @Test("Forced closed, it admits everything, counts failures up to the threshold, and never opens")
    func closed() throws {
        let circuit = circuit()
        circuit.force(.closed, now: at(0))
        for _ in 0..<10 { try circuit.fail(at(1)) }
        #expect(circuit.state == .closed)
        #expect(circuit.snapshot(now: at(1)).failuresInWindow == 3)
        #expect(circuit.takeMoves().isEmpty)
    }

    @Test("Forced closed from OPEN, it moves through HALF_OPEN, as the series of the moves are")
    func closedFromOpen() throws {
        let circuit = try CircuitTests.open()
        _ = circuit.takeMoves()
        circuit.force(.closed, now: at(1))
        #expect(
            circuit.takeMoves() == [
                CircuitTransition(from: .open, to: .halfOpen, cause: .forced),
                CircuitTransition(from: .halfOpen, to: .closed, cause: .forced),
            ])
        #expect(circuit.snapshot(now: at(1)).failuresInWindow == 0)
    }

    @Test("Lifted from forced closed, it is CLOSED with an empty window, and what was under way counts no more")
    func closedLifted() throws {
        let circuit = circuit()
        circuit.force(.closed, now: at(0))
        for _ in 0..<2 { try circuit.fail(at(1)) }
        let underWay = try #require(circuit.permit(at(1)))
        circuit.force(nil, now: at(2))
        circuit.report(underWay, .failure, now: at(3))
        #expect(circuit.snapshot(now: at(3)).failuresInWindow == 0)
        for _ in 0..<2 { try circuit.fail(at(3)) }
        #expect(circuit.state == .closed)
        try circuit.fail(at(4))
        #expect(circuit.state == .open)
    }

    @Test("From one override to the other, and the same one again")
    func changed() throws {
        let circuit = circuit()
        circuit.force(.open, now: at(0))
        circuit.force(.closed, now: at(1))
        #expect(circuit.state == .closed)
        circuit.force(.open, now: at(2))
        #expect(circuit.snapshot(now: at(2)).forced == .open)
        let transitions = circuit.snapshot(now: at(2)).transitions
        circuit.force(.open, now: at(3))
        #expect(circuit.snapshot(now: at(3)).transitions == transitions)
        #expect(circuit.snapshot(now: at(3)).since == at(2))
    }

    @Test("Nothing is forced to begin with, and lifting nothing does nothing")
    func nothing() throws {
        let circuit = circuit()
        #expect(circuit.forced == nil)
        try circuit.fail(at(0))
        circuit.force(nil, now: at(1))
        #expect(circuit.snapshot(now: at(1)).failuresInWindow == 1)
    }

    @Test("A growing cooldown is neither grown nor forgotten by an override of HALF_OPEN")
    func growth() throws {
        let circuit = try CircuitTests.open { $0.maxCooldown = .seconds(1000) }
        circuit.report(try #require(circuit.permit(at(5000))), .failure, now: at(5000))
        let probing = try #require(circuit.nextEvent)
        circuit.advance(now: probing)
        circuit.force(.open, now: probing)
        circuit.force(nil, now: probing)
        let length = try #require(circuit.refusal(probing))
        #expect(length >= .milliseconds(7500) && length <= .milliseconds(12_500), "\(length)")
    }
}
