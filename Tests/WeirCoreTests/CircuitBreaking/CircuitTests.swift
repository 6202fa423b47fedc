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
    static func open(_ change: (inout CircuitSettings) -> Void = { _ in }) throws -> CircuitBench {
        let circuit = CircuitBench(settings(change))
        for _ in 0..<3 { try circuit.fail(at(0)) }
        #expect(circuit.state == .open)
        return circuit
    }

    @Test("Opens at once on the threshold, and says so")
    func opens() throws {
        let circuit = CircuitBench(Self.settings())
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
        let circuit = CircuitBench(Self.settings())
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
        let circuit = CircuitBench(Self.settings())
        try circuit.fail(at(0))
        try circuit.fail(at(1))
        for _ in 0..<100 { try circuit.succeed(at(2)) }
        try circuit.fail(at(3))
        #expect(circuit.state == .open)
    }

    @Test("Opens by share once there are enough outcomes")
    func ratio() throws {
        let circuit = CircuitBench(
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

    /// 0.07 × 100 is more than 7 in binary, and so is many another product.
    @Test("A share written in decimals is met exactly", arguments: [7, 14, 28, 29, 55, 56, 57, 58])
    func exactShare(failures: Int) throws {
        let circuit = CircuitBench(
            Self.settings {
                $0.failThreshold = nil
                $0.failureRatio = Double("0.\(failures < 10 ? "0" : "")\(failures)")
                $0.minRequests = 100
            })
        for _ in failures..<100 { try circuit.succeed(at(0)) }
        for _ in 1..<failures { try circuit.fail(at(0)) }
        #expect(circuit.state == .closed)
        try circuit.fail(at(0))
        #expect(circuit.state == .open)
    }

    @Test("Successes alone never open it, whatever the share")
    func noFailures() throws {
        let circuit = CircuitBench(
            Self.settings {
                $0.failureRatio = 0
                $0.minRequests = 1
            })
        for _ in 0..<10 { try circuit.succeed(at(0)) }
        #expect(circuit.state == .closed)
    }

    @Test("The share is that of the window: what has left it does not count")
    func ratioForgets() throws {
        let circuit = CircuitBench(
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

    @Test("Whether it would refuse can be asked without taking a slot")
    func question() throws {
        let circuit = try Self.open()
        #expect(circuit.wouldRefuse(at(1000)) == .seconds(4))
        #expect(circuit.wouldRefuse(bypass: true, at(1000)) == nil)
        for _ in 0..<3 { #expect(circuit.wouldRefuse(at(5000)) == nil) }
        #expect(circuit.state == .halfOpen)
        let probe = try #require(circuit.permit(at(5000)))
        #expect(circuit.wouldRefuse(at(5000)) == .zero)
        #expect(circuit.wouldRefuse(bypass: true, at(5000)) == nil)
        circuit.report(probe, .success, now: at(5001))
        #expect(circuit.wouldRefuse(at(5001)) == nil)
    }

    @Test("min_dwell holds OPEN longer than a shorter cooldown")
    func minDwell() throws {
        let circuit = try Self.open { $0.cooldown = .seconds(1) }
        circuit.advance(now: at(4999))
        #expect(circuit.state == .open)
        circuit.advance(now: at(5000))
        #expect(circuit.state == .halfOpen)
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

    @Test("What time brought about first counts, though it is told of both at once")
    func order() throws {
        let circuit = try Self.open {
            $0.probeCount = 1
            $0.halfOpenDwell = .seconds(3)
        }
        circuit.report(try #require(circuit.permit(at(5000))), .success, now: at(5001))
        _ = try #require(circuit.permit(at(6500)))
        circuit.advance(now: at(60_000))
        #expect(circuit.state == .closed, "the dwell was over at 8 s, the probe at 8.5 s")
    }

    @Test("Where the dwell ends in the moment in which a probe times out, the failure counts")
    func tie() throws {
        let circuit = try Self.open { $0.halfOpenDwell = .seconds(3) }
        circuit.report(try #require(circuit.permit(at(5000))), .success, now: at(5001))
        _ = try #require(circuit.permit(at(6000)))
        circuit.advance(now: at(8000))
        #expect(circuit.state == .open)
    }

    @Test("Moves that nobody asks about are kept to the last 16")
    func unread() throws {
        let circuit = try Self.open()
        for _ in 0..<20 {
            let now = try #require(circuit.nextEvent)
            circuit.report(try #require(circuit.permit(now)), .failure, now: now)
        }
        let moves = circuit.takeMoves()
        #expect(moves.count == 16)
        #expect(moves.last == CircuitTransition(from: .halfOpen, to: .open, cause: .probeFailed))
        #expect(circuit.snapshot(now: at(0)).transitions == 41)
    }

    @Test("No settings make it trap, and absurd ones do not keep it from closing")
    func wildSettings() throws {
        for span in [TimeSpan(nanoseconds: .min), TimeSpan(nanoseconds: -1), .zero, TimeSpan(nanoseconds: .max)] {
            let circuit = CircuitBench(
                Self.settings {
                    $0.window = span
                    $0.failThreshold = -1
                    $0.failureRatio = -1
                    $0.minRequests = -1
                    $0.cooldown = span
                    $0.maxCooldown = span
                    $0.minDwell = span
                    $0.probeCount = -1
                })
            var now = at(0)
            try circuit.fail(now)
            #expect(circuit.state == .open)
            for _ in 0..<3 {
                now = try #require(circuit.nextEvent)
                if let probe = circuit.permit(now) { circuit.report(probe, .failure, now: now) }
            }
            circuit.advance(now: try #require(circuit.nextEvent))
            if let probe = circuit.permit(now) { circuit.report(probe, .success, now: now) }
            // A cooldown of 292 years ends at the end of time, where every probe is late.
            #expect(circuit.state == .closed || span.nanoseconds == .max, "\(span)")
        }
    }

    @Test("A probe is counted once, however often it is reported")
    func reportedTwice() throws {
        let circuit = try Self.open { $0.probeCount = 2 }
        let probe = try #require(circuit.permit(at(5000)))
        circuit.report(probe, .success, now: at(5001))
        circuit.report(probe, .success, now: at(5002))
        #expect(circuit.state == .halfOpen)
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
        let circuit = CircuitBench(Self.settings { $0.probeCount = probeCount })
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
