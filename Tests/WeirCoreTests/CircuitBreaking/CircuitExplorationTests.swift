import Testing
import WeirCore

/// Walks every state that a circuit can reach, whatever comes in whatever order, and checks the contract's sentences in
/// each. Two histories whose futures are the same are followed once, which makes what there is to walk finite.
@Suite("Circuit, every history")
struct CircuitExplorationTests {
    static let byCount = settings {
        $0.failThreshold = 3
        $0.window = TimeSpan(nanoseconds: 6)
    }

    static let byShare = settings {
        $0.failThreshold = nil
        $0.failureRatio = 0.5
        $0.minRequests = 3
        $0.window = TimeSpan(nanoseconds: 64)
        $0.probeCount = 1
    }

    static func settings(_ change: (inout CircuitSettings) -> Void) -> CircuitSettings {
        var settings = CircuitSettings()
        settings.cooldown = TimeSpan(nanoseconds: 2)
        settings.minDwell = TimeSpan(nanoseconds: 3)
        settings.halfOpenDwell = TimeSpan(nanoseconds: 3)
        settings.probeCount = 2
        settings.probeTimeout = TimeSpan(nanoseconds: 4)
        change(&settings)
        return settings
    }

    @Test("Opening by count: every reachable state keeps the contract")
    func everyStateByCount() throws {
        let walk = try walk(Self.byCount, mostHeld: 4, mostStates: 100_000)
        #expect(walk.isComplete, "\(walk.states) states")
        #expect(walk.states > 2000)
    }

    @Test("Opening by share: the states of all short histories keep the contract")
    func everyStateByShare() throws {
        let walk = try walk(Self.byShare, mostHeld: 2, mostStates: 4000)
        #expect(walk.states >= 4000)
    }

    /// The walks above take histories of the same future for one. This one takes nothing for granted.
    @Test("Every history of six events keeps the contract, followed by itself")
    func everyShortHistory() throws {
        let quick = Self.settings {
            $0.failThreshold = 1
            $0.window = TimeSpan(nanoseconds: 4)
        }
        #expect(try follow(CircuitWalker(quick, mostHeld: 2), events: 6) > 50_000)
    }

    func follow(_ walker: CircuitWalker, events: Int) throws -> Int {
        guard events > 0 else { return 1 }
        return try walker.events.reduce(0) { sum, event in
            var next = walker
            try next.take(event)
            return try sum + follow(next, events: events - 1)
        }
    }

    /// Breadth first, so that a broken sentence is told with the shortest history that breaks it.
    func walk(
        _ settings: CircuitSettings, mostHeld: Int, mostStates: Int
    ) throws -> (states: Int, isComplete: Bool) {
        var queue = [CircuitWalker(settings, mostHeld: mostHeld)]
        var seen: Set<CircuitModel.Key> = [queue[0].key]
        var index = 0
        while index < queue.count {
            let walker = queue[index]
            index += 1
            for event in walker.events {
                var next = walker
                try next.take(event)
                guard seen.insert(next.key).inserted else { continue }
                try next.checkThatItCanClose()
                queue.append(next)
            }
            if queue.count >= mostStates { return (queue.count, false) }
        }
        return (queue.count, true)
    }
}
