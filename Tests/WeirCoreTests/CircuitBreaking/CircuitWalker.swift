import Testing
import WeirCore

/// A circuit, the model beside it and the permits that are out, somewhere on a walk through all histories. The checks
/// judge only what can be seen from outside.
struct CircuitWalker {
    enum Event {
        case claim(bypass: Bool)
        case report(Int, Outcome)
        case wait(until: Int64)
        case force(ForcedCircuitState?)
    }

    private struct Held {
        let permit: CircuitPermit
        let model: CircuitModel.Permit
        let state: CircuitState
        let bypass: Bool
    }

    private static let legalMoves: [(CircuitState, CircuitState)] = [
        (.closed, .open), (.open, .halfOpen), (.halfOpen, .closed), (.halfOpen, .open),
    ]

    private let settings: CircuitSettings
    private let mostHeld: Int
    private var circuit: Circuit
    private var model: CircuitModel
    private var held: [Held] = []
    private var history: [Event] = []
    private var stateSince: Int64 = 0

    init(_ settings: CircuitSettings, mostHeld: Int) {
        self.settings = settings
        self.mostHeld = mostHeld
        circuit = Circuit(settings)
        model = CircuitModel(settings)
    }

    var key: CircuitModel.Key { model.key(held: held.map(\.model)) }

    /// Everything that may come next. Of permits that are alike, one is reported.
    var events: [Event] {
        var events: [Event] = [.wait(until: model.now + 1)]
        for moment in [model.nextEvent, model.nextForgetting].compactMap({ $0 }) where moment > model.now + 1 {
            events.append(.wait(until: moment))
            events.append(.wait(until: moment - 1))
        }
        for forced in [nil, ForcedCircuitState.open, .closed] where forced != model.forced {
            events.append(.force(forced))
        }
        if held.count < mostHeld { events += [.claim(bypass: false), .claim(bypass: true)] }
        var reported: Set<CircuitModel.Permit> = []
        for index in held.indices where reported.insert(held[index].model).inserted {
            events += [.report(index, .success), .report(index, .failure), .report(index, .ignored)]
        }
        return events
    }

    /// Lets `event` happen to both, and checks that they agree and that the contract is kept.
    mutating func take(_ event: Event) throws {
        history.append(event)
        switch event {
        case .claim(let bypass): try claim(bypass: bypass)
        case .report(let index, let outcome): try report(index, outcome)
        case .wait(let moment):
            circuit.advance(now: Instant(nanoseconds: moment))
            model.advance(to: moment)
        case .force(let state):
            circuit.force(state, now: now)
            model.force(state)
        }
        try checkMoves()
        try checkAgreement()
    }

    /// No state is a trap: whatever became of the permits that are out, new probes can close it.
    func checkThatItCanClose() throws {
        var circuit = circuit
        var time = model.now
        if circuit.forced != nil { circuit.force(nil, now: now) }
        for _ in 0..<20 where circuit.state != .closed {
            for _ in 0..<settings.probeCount {
                guard case .permit(let probe) = circuit.claim(now: Instant(nanoseconds: time)) else { break }
                circuit.report(probe, .success, now: Instant(nanoseconds: time))
            }
            guard let next = circuit.nextEvent else { break }
            time = max(time, next.nanoseconds)
            circuit.advance(now: Instant(nanoseconds: time))
        }
        try #require(circuit.state == .closed, "stuck after \(history)")
    }

    private var now: Instant { Instant(nanoseconds: model.now) }

    private mutating func claim(bypass: Bool) throws {
        let state = circuit.state
        let answer = circuit.claim(bypass: bypass, now: now)
        let expected = model.claim(bypass: bypass)
        switch answer {
        case .permit(let permit):
            let granted = try #require(expected, "admitted after \(history)")
            held.append(Held(permit: permit, model: granted, state: state, bypass: bypass))
            try #require(state != .open || bypass, "OPEN refuses all but what bypasses it: \(history)")
        case .refused(let wait):
            try #require(expected == nil, "refused after \(history)")
            try #require(state != .closed && !bypass, "CLOSED admits all: \(history)")
            let untilProbe = state == .open ? model.nextEvent.map { $0 - model.now } : nil
            try #require(wait.nanoseconds == untilProbe ?? 0, "\(history)")
        }
        let probes = held.count { $0.state == .halfOpen && !$0.bypass && $0.model.era == model.era }
        try #require(probes <= settings.probeCount, "too many probes in flight: \(history)")
    }

    private mutating func report(_ index: Int, _ outcome: Outcome) throws {
        let past = held.remove(at: index)
        let before = circuit.snapshot(now: now)
        let nextBefore = circuit.nextEvent
        circuit.report(past.permit, outcome, now: now)
        if past.model.era != model.era || (past.bypass && past.state != .closed) {
            try #require(circuit.snapshot(now: now) == before, "a late or bypassing result counts: \(history)")
            try #require(circuit.nextEvent == nextBefore, "a late or bypassing result counts: \(history)")
        }
        model.report(past.model, outcome)
    }

    private mutating func checkMoves() throws {
        let moves = circuit.takeMoves()
        let expected = model.takeMoves()
        try #require(moves == expected, "\(history)")
        for move in moves {
            try #require(Self.legalMoves.contains { $0 == (move.from, move.to) }, "\(move): \(history)")
            let stayed = model.now - stateSince
            stateSince = model.now
            guard move.cause != .forced else { continue }
            switch move.from {
            case .closed: continue
            case .open: try #require(stayed >= settings.minDwell.nanoseconds, "min_dwell: \(history)")
            case .halfOpen:
                guard move.to == .closed else { continue }
                try #require(stayed >= settings.halfOpenDwell.nanoseconds, "half_open_dwell: \(history)")
            }
        }
    }

    private mutating func checkAgreement() throws {
        let shown = circuit.snapshot(now: now)
        try #require(shown.state == model.state, "\(history)")
        try #require(shown.forced == model.forced, "\(history)")
        try #require(shown.failuresInWindow == model.failures, "\(history)")
        try #require(circuit.nextEvent?.nanoseconds == model.nextEvent, "\(history)")
        switch shown.forced {
        case .open: try #require(shown.state == .open, "\(history)")
        case .closed: try #require(shown.state == .closed, "\(history)")
        case nil: return
        }
    }
}
