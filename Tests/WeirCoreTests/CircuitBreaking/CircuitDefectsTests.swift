import Testing
import WeirCore

/// Defects that other circuits shipped: each must fail here, should it ever be ours.
@Suite("Circuit, defects of others")
struct CircuitDefectsTests {
    @Test("resilience4j#903, #935, #545, Hystrix#1621: a probe that is never heard of again does not hold its slot")
    func lostProbe() throws {
        let circuit = try CircuitTests.open()
        _ = try #require(circuit.permit(at(5000)))
        #expect(circuit.nextEvent == at(7000))
        circuit.advance(now: at(6999))
        #expect(circuit.state == .halfOpen)
        circuit.advance(now: at(7000))
        #expect(circuit.state == .open)
        #expect(circuit.takeMoves().last?.cause == .probeTimeout)
        circuit.advance(now: at(12_000))
        #expect(circuit.permit(at(12_000)) != nil)
    }

    @Test("Sentinel#1638: a probe that another rule blocks gives its slot back and decides nothing")
    func blockedProbe() throws {
        let circuit = try CircuitTests.open()
        for step in 0..<100 {
            let blocked = try #require(circuit.permit(at(5000 + Int64(step))))
            circuit.report(blocked, .ignored, now: at(5000 + Int64(step)))
        }
        #expect(circuit.state == .halfOpen)
        #expect(circuit.permit(at(5100)) != nil)
    }

    @Test("Hystrix#1853, #1861: a cancelled probe does not open the circuit")
    func cancelledProbe() throws {
        let circuit = try CircuitTests.open()
        circuit.report(try #require(circuit.permit(at(5000))), .ignored, now: at(5001))
        #expect(circuit.state == .halfOpen)
        circuit.report(try #require(circuit.permit(at(5002))), .success, now: at(5003))
        #expect(circuit.state == .closed)
    }

    @Test("Polly#311, #717: an outcome that is neither leaves nothing undecided, nor breaks a row of successes")
    func unclassifiedOutcome() throws {
        let circuit = try CircuitTests.open { $0.probeCount = 2 }
        let probes = [try #require(circuit.permit(at(5000))), try #require(circuit.permit(at(5000)))]
        circuit.report(probes[0], .success, now: at(5001))
        circuit.report(probes[1], .ignored, now: at(5001))
        #expect(circuit.state == .halfOpen)
        #expect(circuit.nextEvent == nil, "nothing is in flight")
        circuit.report(try #require(circuit.permit(at(5002))), .success, now: at(5003))
        #expect(circuit.state == .closed)
    }

    @Test("resilience4j#1432: of two that race from OPEN to HALF_OPEN, one is let through")
    func race() throws {
        let circuit = try CircuitTests.open()
        #expect(circuit.permit(at(5000)) != nil)
        #expect(circuit.permit(at(5000)) == nil)
    }

    @Test("Polly#216, safe-client-gateway#3442: no stampede of probes", arguments: [1, 3])
    func stampede(probes: Int) throws {
        let circuit = try CircuitTests.open { $0.probeCount = probes }
        let now = at(5000)
        for _ in 0..<probes { _ = try #require(circuit.permit(now)) }
        for _ in 0..<100 { #expect(circuit.refusal(now) == .zero) }
    }

    @Test("Polly#217: a result from an earlier era changes nothing", arguments: [Outcome.success, .failure, .ignored])
    func earlierEra(outcome: Outcome) throws {
        let circuit = CircuitBench(CircuitTests.settings())
        let early = try #require(circuit.permit(at(0)))
        for _ in 0..<3 { try circuit.fail(at(0)) }
        circuit.report(early, outcome, now: at(1))
        #expect(circuit.state == .open)
        circuit.advance(now: at(5000))
        circuit.report(early, outcome, now: at(5001))
        #expect(circuit.state == .halfOpen)
        let probe = try #require(circuit.permit(at(5002)))
        circuit.report(early, outcome, now: at(5003))
        circuit.report(probe, .success, now: at(5004))
        #expect(circuit.state == .closed)
        circuit.report(early, outcome, now: at(5005))
        circuit.report(probe, .failure, now: at(5005))
        #expect(circuit.snapshot(now: at(5006)).failuresInWindow == 0)
    }

    @Test("gobreaker#91: slow calls that pile up open it before any of them completes")
    func slowCalls() throws {
        let circuit = CircuitBench(CircuitTests.settings())
        let calls = try (0..<50).map { _ in try #require(circuit.permit(at(0))) }
        for call in calls.prefix(3) { circuit.report(call, .failure, now: at(1000)) }
        #expect(circuit.state == .open)
        for call in calls { circuit.report(call, .success, now: at(2000)) }
        #expect(circuit.snapshot(now: at(2000)).failuresInWindow == 3)
        #expect(circuit.state == .open)
    }

    @Test("envoy#25487: its own refusals are not failures of the provider")
    func ownRefusals() throws {
        let circuit = try CircuitTests.open()
        let before = circuit.snapshot(now: at(5000))
        _ = try #require(circuit.permit(at(5000)))
        for _ in 0..<1000 { #expect(circuit.permit(at(5000)) == nil) }
        #expect(circuit.snapshot(now: at(5000)) == before)
        #expect(before.failuresInWindow == 3)
    }

    @Test("tikv/pd#10771, MediaWiki-MCP#557: a stale now neither ends a cooldown nor forgets a failure")
    func staleNow() throws {
        let circuit = try CircuitTests.open()
        circuit.advance(now: at(4999))
        circuit.advance(now: at(-100_000))
        #expect(circuit.state == .open)
        #expect(circuit.refusal(at(0)) == .milliseconds(1))
        circuit.advance(now: at(5000))
        circuit.advance(now: at(0))
        #expect(circuit.state == .halfOpen)
    }
}
