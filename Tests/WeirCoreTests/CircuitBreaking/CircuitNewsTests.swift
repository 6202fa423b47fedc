import Testing
import WeirCore

@Suite("What a circuit has to tell")
struct CircuitNewsTests {
    private static func permit(_ circuit: inout Circuit, _ now: Instant) -> CircuitPermit? {
        if case .permit(let permit) = circuit.claim(now: now) { permit } else { nil }
    }

    @Test("There is news once it has moved, until that is told; and in HALF_OPEN always, since each probe sets a timer")
    func news() throws {
        var circuit = Circuit(CircuitTests.settings { $0.failThreshold = 1 })
        func expectNews(_ expected: Bool, _ why: Comment) {
            let hasNews = circuit.hasNews
            #expect(hasNews == expected, why)
            _ = circuit.takeMoves()
        }
        let failing = try #require(Self.permit(&circuit, at(0)))
        expectNews(false, "nothing has happened")
        circuit.report(failing, .failure, now: at(0))
        expectNews(true, "it has opened")
        expectNews(false, "that is told, and OPEN goes on")
        circuit.advance(now: at(5000))
        expectNews(true, "it is HALF_OPEN")
        let probe = try #require(Self.permit(&circuit, at(5000)))
        expectNews(true, "a probe is under way")
        circuit.report(probe, .success, now: at(5001))
        expectNews(true, "it has closed")
        expectNews(false, "CLOSED goes on")
    }

    @Test("A permit tells whether it is one of the few of HALF_OPEN")
    func probes() throws {
        var circuit = Circuit(CircuitTests.settings { $0.failThreshold = 1 })
        let first = try #require(Self.permit(&circuit, at(0)))
        #expect(!first.isProbe)
        circuit.report(first, .failure, now: at(0))
        let second = try #require(Self.permit(&circuit, at(5000)))
        #expect(second.isProbe)
        guard case .permit(let bypassing) = circuit.claim(bypass: true, now: at(5000)) else {
            Issue.record("what bypasses it is refused")
            return
        }
        #expect(!bypassing.isProbe)
    }
}
