import Testing
import WeirCore

@Suite("Circuit, reconfigured")
struct ReconfiguredCircuitTests {
    @Test("CLOSED keeps its failures; a lower threshold is judged at the next one")
    func lowerThreshold() throws {
        let circuit = CircuitBench(CircuitTests.settings())
        for _ in 0..<2 { try circuit.fail(at(0)) }
        circuit.reconfigure(CircuitTests.settings { $0.failThreshold = 2 }, now: at(1))
        #expect(circuit.state == .closed)
        try circuit.succeed(at(2))
        #expect(circuit.state == .closed)
        try circuit.fail(at(2))
        #expect(circuit.state == .open)
    }

    @Test("A higher threshold and a shorter window apply to what is counted")
    func figures() throws {
        let circuit = CircuitBench(CircuitTests.settings())
        for _ in 0..<2 { try circuit.fail(at(0)) }
        circuit.reconfigure(CircuitTests.settings { $0.failThreshold = 4 }, now: at(1))
        try circuit.fail(at(1))
        #expect(circuit.state == .closed)
        #expect(circuit.snapshot(now: at(1)).failuresInWindow == 3)
        circuit.reconfigure(CircuitTests.settings { $0.window = .seconds(1) }, now: at(2))
        #expect(circuit.snapshot(now: at(1000)).failuresInWindow == 1)
    }

    @Test("Counts by share are kept when the window changes", arguments: [Int64(7), 10, 33])
    func share(window: Int64) throws {
        func settings(_ window: Int64) -> CircuitSettings {
            CircuitTests.settings {
                $0.failThreshold = nil
                $0.failureRatio = 0.5
                $0.minRequests = 6
                $0.window = .seconds(window)
            }
        }
        let circuit = CircuitBench(settings(10))
        for step in 0..<3 { try circuit.fail(at(Int64(step) * 1000)) }
        for step in 0..<2 { try circuit.succeed(at(Int64(step) * 1000)) }
        circuit.reconfigure(settings(window), now: at(2000))
        #expect(circuit.snapshot(now: at(2000)).failuresInWindow == 3)
        try circuit.succeed(at(2000))
        #expect(circuit.state == .open, "three of six")
    }

    @Test("What was kept leaves the new window in its turn")
    func forgets() throws {
        let share: (Int64) -> CircuitSettings = { window in
            CircuitTests.settings {
                $0.failThreshold = nil
                $0.failureRatio = 0.9
                $0.window = .seconds(window)
            }
        }
        let circuit = CircuitBench(share(64))
        try circuit.fail(at(0))
        try circuit.fail(at(3500))
        circuit.reconfigure(share(640), now: at(3500))
        #expect(circuit.snapshot(now: at(629_999)).failuresInWindow == 2)
        #expect(circuit.snapshot(now: at(640_000)).failuresInWindow == 0)
        try circuit.fail(at(700_000))
        circuit.reconfigure(share(6), now: at(700_000))
        #expect(circuit.snapshot(now: at(705_000)).failuresInWindow == 1)
        #expect(circuit.snapshot(now: at(706_100)).failuresInWindow == 0)
    }

    @Test("New settings of the same window leave each count in its place")
    func sameWindow() throws {
        let share: (Int) -> CircuitSettings = { minRequests in
            CircuitTests.settings {
                $0.failThreshold = nil
                $0.failureRatio = 0.9
                $0.minRequests = minRequests
                $0.window = .seconds(64)
            }
        }
        let circuit = CircuitBench(share(10))
        try circuit.fail(at(0))
        circuit.reconfigure(share(20), now: at(10_000))
        #expect(circuit.snapshot(now: at(63_999)).failuresInWindow == 1)
        #expect(circuit.snapshot(now: at(64_000)).failuresInWindow == 0)
    }

    @Test("A share that is turned off and on again starts from nothing")
    func turnedOn() throws {
        let share = CircuitTests.settings {
            $0.failThreshold = nil
            $0.failureRatio = 0.5
            $0.minRequests = 3
        }
        let circuit = CircuitBench(share)
        for _ in 0..<2 { try circuit.fail(at(0)) }
        circuit.reconfigure(CircuitTests.settings(), now: at(1))
        circuit.reconfigure(share, now: at(2))
        try circuit.fail(at(3))
        #expect(circuit.state == .closed)
    }

    @Test("Without a threshold, or without a share, nothing of it is kept")
    func turnedOff() throws {
        let circuit = CircuitBench(CircuitTests.settings { $0.failureRatio = 0.9 })
        for _ in 0..<2 { try circuit.fail(at(0)) }
        circuit.reconfigure(
            CircuitTests.settings {
                $0.failThreshold = nil
                $0.failureRatio = 0.9
            }, now: at(1))
        #expect(circuit.snapshot(now: at(1)).failuresInWindow == 2)
        circuit.reconfigure(CircuitTests.settings(), now: at(2))
        #expect(circuit.snapshot(now: at(2)).failuresInWindow == 0)
    }

    @Test("OPEN ends when the new cooldown says, counted from when it began")
    func cooldown() throws {
        let circuit = try CircuitTests.open()
        circuit.reconfigure(CircuitTests.settings { $0.failThreshold = 7 }, now: at(1000))
        #expect(circuit.nextEvent == at(5000))
        circuit.reconfigure(CircuitTests.settings { $0.cooldown = .seconds(20) }, now: at(1000))
        #expect(circuit.nextEvent == at(20_000))
        circuit.reconfigure(CircuitTests.settings { $0.minDwell = .seconds(30) }, now: at(1000))
        #expect(circuit.nextEvent == at(30_000))
        circuit.reconfigure(CircuitTests.settings(), now: at(6000))
        #expect(circuit.state == .halfOpen)
    }

    @Test("A changed cap applies to a cooldown that has grown, and an unchanged one draws no new jitter")
    func grownCooldown() throws {
        let circuit = try CircuitTests.open { $0.maxCooldown = .seconds(100) }
        circuit.report(try #require(circuit.permit(at(5000))), .failure, now: at(5000))
        let grown = try #require(circuit.nextEvent)
        let same = CircuitTests.settings {
            $0.maxCooldown = .seconds(100)
            $0.failThreshold = 5
        }
        circuit.reconfigure(same, now: at(5001))
        #expect(circuit.nextEvent == grown)
        circuit.reconfigure(CircuitTests.settings { $0.maxCooldown = .seconds(6) }, now: at(5001))
        #expect(try #require(circuit.nextEvent) <= at(11_000))
        circuit.reconfigure(CircuitTests.settings(), now: at(5001))
        #expect(circuit.nextEvent == at(10_000))
    }

    @Test("HALF_OPEN keeps its probes and successes under the new figures")
    func halfOpen() throws {
        let circuit = try CircuitTests.open { $0.probeCount = 3 }
        let probes = try (0..<3).map { _ in try #require(circuit.permit(at(5000))) }
        circuit.report(probes[0], .success, now: at(5001))
        circuit.reconfigure(CircuitTests.settings { $0.probeCount = 2 }, now: at(5002))
        #expect(circuit.state == .halfOpen)
        #expect(circuit.permit(at(5003)) == nil, "two are still in flight")
        circuit.report(probes[1], .success, now: at(5004))
        #expect(circuit.state == .closed)
    }

    @Test("HALF_OPEN that has seen enough for the new figures closes at once")
    func proven() throws {
        let circuit = try CircuitTests.open { $0.probeCount = 2 }
        circuit.report(try #require(circuit.permit(at(5000))), .success, now: at(5001))
        circuit.reconfigure(CircuitTests.settings(), now: at(5002))
        #expect(circuit.state == .closed)
    }

    @Test("An override outlives new settings")
    func forced() throws {
        let circuit = CircuitBench(CircuitTests.settings())
        circuit.force(.open, now: at(0))
        circuit.reconfigure(CircuitTests.settings { $0.cooldown = .seconds(1) }, now: at(1))
        #expect(circuit.snapshot(now: at(100_000)).forced == .open)
        #expect(circuit.state == .open)
    }
}
