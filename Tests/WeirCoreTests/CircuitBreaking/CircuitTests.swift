import Testing
import WeirCore

@Suite("Circuit")
struct CircuitTests {
    /// Opens at 3 failures in 10 s; OPEN for 5 s.
    static func settings(_ change: (inout CircuitSettings) -> Void = { _ in }) -> CircuitSettings {
        var settings = CircuitSettings()
        settings.window = .seconds(10)
        settings.failThreshold = 3
        settings.cooldown = .seconds(5)
        settings.minDwell = .seconds(5)
        settings.probeTimeout = .seconds(2)
        change(&settings)
        return settings
    }

    /// A circuit that has just opened, at 0.
    static func open(_ change: (inout CircuitSettings) -> Void = { _ in }) throws -> Bench {
        let circuit = Bench(settings(change))
        for _ in 0..<3 { try circuit.fail(at(0)) }
        #expect(circuit.state == .open)
        return circuit
    }

    @Test("Opens at once on the threshold, and says so")
    func opens() throws {
        let circuit = Bench(Self.settings())
        try circuit.fail(at(0))
        try circuit.fail(at(1))
        #expect(circuit.state == .closed)
        try circuit.fail(at(2))
        #expect(circuit.state == .open)
        #expect(circuit.takeMoves() == [CircuitTransition(from: .closed, to: .open, cause: .threshold)])
        #expect(circuit.takeMoves().isEmpty, "each move is told once")
        #expect(circuit.snapshot(now: at(3)).failuresInWindow == 3)
    }

    @Test("Failures count in a sliding, half-open window")
    func window() throws {
        let circuit = Bench(Self.settings())
        try circuit.fail(at(0))
        try circuit.fail(at(5000))
        try circuit.fail(at(10_000))
        #expect(circuit.state == .closed, "the first has just left the window")
        #expect(circuit.snapshot(now: at(10_000)).failuresInWindow == 2)
        try circuit.fail(at(14_999))
        #expect(circuit.state == .open)
    }

    @Test("Successes do not forgive failures in the window")
    func successesDoNotForgive() throws {
        let circuit = Bench(Self.settings())
        try circuit.fail(at(0))
        try circuit.fail(at(1))
        for _ in 0..<100 { try circuit.succeed(at(2)) }
        try circuit.fail(at(3))
        #expect(circuit.state == .open)
    }

    @Test("Opens by share once there are enough outcomes")
    func ratio() throws {
        let circuit = Bench(
            Self.settings {
                $0.failThreshold = nil
                $0.failureRatio = 0.5
                $0.minRequests = 10
            })
        for _ in 0..<4 { try circuit.fail(at(0)) }
        for _ in 0..<5 { try circuit.succeed(at(0)) }
        #expect(circuit.state == .closed, "nine outcomes are too few")
        try circuit.fail(at(1))
        #expect(circuit.state == .open)
        #expect(circuit.takeMoves().map(\.cause) == [.ratio])
    }

    @Test("The share is that of the window: what has left it does not count")
    func ratioForgets() throws {
        let circuit = Bench(
            Self.settings {
                $0.failThreshold = nil
                $0.failureRatio = 0.5
                $0.minRequests = 4
            })
        for _ in 0..<3 { try circuit.fail(at(0)) }
        for _ in 0..<3 { try circuit.succeed(at(10_200)) }
        try circuit.fail(at(10_200))
        #expect(circuit.state == .closed)
    }

    @Test("OPEN refuses and says for how long; it becomes HALF_OPEN by time alone")
    func cooldown() throws {
        let circuit = try Self.open()
        #expect(circuit.refusal(at(1000)) == .seconds(4))
        #expect(circuit.nextEvent == at(5000))
        circuit.advance(now: at(4999))
        #expect(circuit.state == .open)
        circuit.advance(now: at(5000))
        #expect(circuit.state == .halfOpen)
    }

    @Test("min_dwell holds OPEN longer than a shorter cooldown")
    func minDwell() throws {
        let circuit = try Self.open { $0.cooldown = .seconds(1) }
        circuit.advance(now: at(4999))
        #expect(circuit.state == .open)
        circuit.advance(now: at(5000))
        #expect(circuit.state == .halfOpen)
    }

    /// resilience4j#1432, Polly#216, safe-client-gateway#3442: a stampede of probes.
    @Test("HALF_OPEN lets probe_count attempts be in flight and refuses the others", arguments: [1, 3])
    func probeCap(probes: Int) throws {
        let circuit = try Self.open { $0.probeCount = probes }
        let now = at(5000)
        for _ in 0..<probes { _ = try #require(circuit.permit(now)) }
        for _ in 0..<100 { #expect(circuit.permit(now) == nil) }
    }

    @Test("As many successes in a row as probe_count close it, and closing clears the window")
    func closes() throws {
        let circuit = try Self.open { $0.probeCount = 2 }
        let first = try #require(circuit.permit(at(5000)))
        circuit.report(first, .success, now: at(5001))
        #expect(circuit.state == .halfOpen)
        let second = try #require(circuit.permit(at(5002)))
        circuit.report(second, .success, now: at(5003))
        #expect(circuit.state == .closed)
        try circuit.fail(at(5004))
        try circuit.fail(at(5005))
        #expect(circuit.state == .closed, "the three failures from before are forgotten")
    }

    @Test("Any failed probe opens it again")
    func reopens() throws {
        let circuit = try Self.open { $0.probeCount = 2 }
        let good = try #require(circuit.permit(at(5000)))
        let bad = try #require(circuit.permit(at(5000)))
        circuit.report(good, .success, now: at(5001))
        circuit.report(bad, .failure, now: at(5002))
        #expect(circuit.state == .open)
        #expect(circuit.refusal(at(5002)) == .seconds(5))
        _ = circuit.takeMoves()
    }

    @Test("half_open_dwell keeps it HALF_OPEN until a timer closes it")
    func halfOpenDwell() throws {
        let circuit = try Self.open { $0.halfOpenDwell = .seconds(3) }
        let probe = try #require(circuit.permit(at(5000)))
        circuit.report(probe, .success, now: at(5100))
        #expect(circuit.state == .halfOpen)
        #expect(circuit.nextEvent == at(8000))
        circuit.advance(now: at(8000))
        #expect(circuit.state == .closed)
    }

    /// resilience4j#903, #935, #545, Sentinel#1638, Hystrix#1621: a slot that nobody gives back.
    @Test("A probe that is never heard of again times out: the circuit opens and is not stuck")
    func lostProbe() throws {
        let circuit = try Self.open()
        _ = try #require(circuit.permit(at(5000)))
        #expect(circuit.nextEvent == at(7000))
        circuit.advance(now: at(7000))
        #expect(circuit.state == .open)
        #expect(circuit.takeMoves().last?.cause == .probeTimeout)
        circuit.advance(now: at(12_000))
        #expect(circuit.permit(at(12_000)) != nil)
    }

    /// Hystrix#1853, #1861, Polly#311, #717: an outcome that is neither must free the slot and decide nothing.
    @Test("A cancelled probe frees its slot and neither opens nor closes")
    func cancelledProbe() throws {
        let circuit = try Self.open()
        let cancelled = try #require(circuit.permit(at(5000)))
        circuit.report(cancelled, .ignored, now: at(5001))
        #expect(circuit.state == .halfOpen)
        let next = try #require(circuit.permit(at(5002)))
        circuit.report(next, .success, now: at(5003))
        #expect(circuit.state == .closed)
    }

    @Test("A probe is counted once, however often it is reported")
    func reportedTwice() throws {
        let circuit = try Self.open { $0.probeCount = 2 }
        let probe = try #require(circuit.permit(at(5000)))
        circuit.report(probe, .success, now: at(5001))
        circuit.report(probe, .success, now: at(5002))
        #expect(circuit.state == .halfOpen)
    }

    /// Polly#217.
    @Test("A result from an earlier era changes nothing", arguments: [Outcome.success, .failure, .ignored])
    func lateResults(outcome: Outcome) throws {
        let circuit = Bench(Self.settings())
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

    @Test("A bypassing call passes an open circuit and counts only while CLOSED")
    func bypass() throws {
        let circuit = try Self.open()
        guard case .permit(let whileOpen) = circuit.claim(bypass: true, now: at(100)) else {
            Issue.record("refused")
            return
        }
        circuit.report(whileOpen, .success, now: at(200))
        #expect(circuit.state == .open)
        guard case .permit(let whileHalfOpen) = circuit.claim(bypass: true, now: at(5000)) else {
            Issue.record("refused")
            return
        }
        #expect(circuit.permit(at(5000)) != nil, "it takes no probe slot")
        circuit.report(whileHalfOpen, .failure, now: at(5001))
        #expect(circuit.state == .halfOpen)
    }

    @Test("The cooldown doubles at each failed probe up to its cap, with jitter, and starts over once closed")
    func growth() throws {
        let circuit = try Self.open {
            $0.cooldown = .seconds(5)
            $0.maxCooldown = .seconds(30)
        }
        var lengths: [Double] = []
        for _ in 0..<5 {
            let now = try #require(circuit.nextEvent)
            let probe = try #require(circuit.permit(now))
            circuit.report(probe, .failure, now: now)
            lengths.append(Double(try #require(circuit.refusal(now)).nanoseconds) / 1e9)
        }
        let bounds = [(7.5, 12.5), (15, 25), (22.5, 30), (22.5, 30), (22.5, 30)]
        for (length, bound) in zip(lengths, bounds) {
            #expect(length >= bound.0 && length <= bound.1, "\(lengths)")
        }
        let now = try #require(circuit.nextEvent)
        circuit.report(try #require(circuit.permit(now)), .success, now: now)
        for _ in 0..<3 { try circuit.fail(now) }
        #expect(circuit.refusal(now) == .seconds(5))
    }

    @Test("Time going backwards moves nothing")
    func backwards() throws {
        let circuit = try Self.open()
        circuit.advance(now: at(5000))
        #expect(circuit.state == .halfOpen)
        circuit.advance(now: at(0))
        #expect(circuit.state == .halfOpen)
        let probe = try #require(circuit.permit(at(0)))
        circuit.report(probe, .success, now: at(0))
        #expect(circuit.state == .closed)
    }

    @Test("Random histories keep the contract's sentences", arguments: 0..<30 as Range<UInt64>)
    func invariants(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let probeCount = Int.random(in: 1...3, using: &random)
        let circuit = Bench(Self.settings { $0.probeCount = probeCount })
        var held: [(CircuitPermit, CircuitState)] = []
        var opened = Instant(nanoseconds: 0)
        var now = at(0)
        var probesOut = 0
        for step in 0..<2000 {
            now = now + .milliseconds(Int64.random(in: 0...800, using: &random))
            if Bool.random(using: &random) {
                if let permit = circuit.permit(now) {
                    held.append((permit, circuit.state))
                    if circuit.state == .halfOpen { probesOut += 1 }
                    #expect(circuit.state != .open, "seed \(seed), step \(step)")
                }
            } else if let index = held.indices.randomElement(using: &random) {
                let (permit, state) = held.remove(at: index)
                let outcome = [Outcome.success, .failure, .failure, .ignored].randomElement(using: &random)
                circuit.report(permit, outcome ?? .ignored, now: now)
                if state == .halfOpen, circuit.state == .halfOpen { probesOut -= 1 }
            }
            for move in circuit.takeMoves() {
                probesOut = circuit.state == .halfOpen && move.to == .halfOpen ? min(probesOut, 1) : 0
                if move.to == .open { opened = now }
                if move.to == .halfOpen { #expect(now - opened >= .seconds(5), "seed \(seed), step \(step)") }
            }
            if circuit.state == .halfOpen { #expect(probesOut <= probeCount, "seed \(seed), step \(step)") }
        }
    }
}

/// A `Circuit` that an expectation may change.
final class Bench {
    private var circuit: Circuit

    init(_ settings: CircuitSettings) {
        circuit = Circuit(settings)
    }

    var state: CircuitState { circuit.state }
    var nextEvent: Instant? { circuit.nextEvent }
    func advance(now: Instant) { circuit.advance(now: now) }
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
