import Testing
import WeirCore

@Suite("A circuit after a restart")
struct RestoredCircuitTests {
    /// A circuit that opens at once and probes after a second; doubled up to a minute.
    private static let settings = CircuitTests.settings {
        $0.failThreshold = 1
        $0.cooldown = .seconds(1)
        $0.minDwell = .zero
        $0.maxCooldown = .seconds(60)
    }

    private static func restored(_ record: CircuitRecord, now: Instant) -> Circuit {
        var circuit = Circuit(settings)
        circuit.restore(record, now: now)
        return circuit
    }

    private static func fail(_ circuit: inout Circuit, _ now: Instant) {
        if case .permit(let permit) = circuit.claim(now: now) { circuit.report(permit, .failure, now: now) }
    }

    @Test("is open for as long as it would have been, without having moved")
    func open() throws {
        var before = Circuit(Self.settings)
        #expect(before.record == nil)
        Self.fail(&before, at(0))
        let record = try #require(before.record)
        #expect(record == CircuitRecord(since: at(0), until: at(1000), failedProbes: 0))

        var circuit = Self.restored(record, now: at(400))
        #expect(circuit.state == .open)
        for now in [at(0), at(400)] {
            let wait = circuit.refusal(now: now)
            #expect(wait == .milliseconds(600), "time that goes back stands still")
        }
        #expect(circuit.nextEvent == at(1000))
        #expect(circuit.takeMoves().isEmpty)
        #expect(circuit.transitionCount == 0)
        circuit.advance(now: at(1000))
        #expect(circuit.state == .halfOpen)
    }

    @Test("that was half-open probes anew, and its cooldown goes on growing")
    func halfOpen() throws {
        var before = Circuit(Self.settings)
        Self.fail(&before, at(0))
        Self.fail(&before, at(1000))
        let grown = try #require(before.record)
        #expect(grown.failedProbes == 1)
        before.advance(now: grown.until)
        #expect(before.state == .halfOpen)
        let record = try #require(before.record)
        #expect(record == grown)

        let now = grown.until + .seconds(5)
        var circuit = Self.restored(record, now: now)
        let wait = circuit.refusal(now: now)
        #expect(wait == nil)
        #expect(circuit.state == .halfOpen)
        Self.fail(&circuit, now)
        let next = try #require(circuit.record)
        #expect(next.failedProbes == 2)
        // Doubled twice, with a quarter of jitter at most.
        #expect(next.until - next.since >= .seconds(3))
    }

    @Test("is closed once it closed: nothing is kept of it")
    func closed() throws {
        var circuit = Self.restored(CircuitRecord(since: at(0), until: at(10), failedProbes: 0), now: at(20))
        guard case .permit(let probe) = circuit.claim(now: at(20)) else {
            Issue.record("no probe")
            return
        }
        circuit.report(probe, .success, now: at(21))
        #expect(circuit.state == .closed)
        #expect(circuit.record == nil)
    }

    @Test("does not stay open for longer than its settings let it, whatever was kept")
    func clamped() {
        let circuit = Self.restored(
            CircuitRecord(since: at(1_000_000), until: .distantFuture, failedProbes: 1000), now: at(500))
        #expect(circuit.since == at(500))
        #expect(circuit.nextEvent == at(60_500))
    }
}
