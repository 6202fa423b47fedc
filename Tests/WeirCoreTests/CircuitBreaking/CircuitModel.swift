import WeirCore

/// The contract's paragraph on the circuit, written down as plainly as it reads: every outcome is kept, nothing is fast.
/// What `Circuit` does is compared with it, event by event. Times are ticks of a nanosecond.
struct CircuitModel {
    /// A permit, as the model knows it.
    struct Permit: Hashable {
        let era: Int
        let isProbe: Bool
        let deadline: Int64
    }

    private struct Counted: Hashable {
        let time: Int64
        let isFailure: Bool
    }

    let settings: CircuitSettings
    private(set) var state = CircuitState.closed
    private(set) var forced: ForcedCircuitState?
    private(set) var now: Int64 = 0
    /// Counts the moves, and the lifting of a forced CLOSED.
    private(set) var era = 0
    private(set) var moves: [CircuitTransition] = []
    private(set) var failuresThatOpened = 0
    private var since: Int64 = 0
    private var counted: [Counted] = []
    private var probes: [Permit] = []
    private var successes = 0

    init(_ settings: CircuitSettings) {
        self.settings = settings
    }

    private var openUntil: Int64 { since + max(settings.cooldown, settings.minDwell).nanoseconds }
    private var dwelt: Int64 { since + settings.halfOpenDwell.nanoseconds }
    private var firstTimeout: Int64? { probes.map(\.deadline).min() }
    private var inWindow: [Counted] { counted.filter { $0.time + settings.window.nanoseconds > now } }

    /// What of the failures in the window a snapshot shows.
    var failures: Int {
        guard state == .closed else { return failuresThatOpened }
        return min(inWindow.count(where: \.isFailure), settings.failThreshold ?? .max)
    }

    var nextEvent: Int64? {
        guard forced == nil else { return nil }
        switch state {
        case .closed: return nil
        case .open: return openUntil
        case .halfOpen:
            let proof = successes >= settings.probeCount ? dwelt : nil
            return [proof, firstTimeout].compactMap { $0 }.min()
        }
    }

    /// The next moment at which an outcome leaves the window.
    var nextForgetting: Int64? {
        state == .closed ? inWindow.map { $0.time + settings.window.nanoseconds }.min() : nil
    }

    mutating func takeMoves() -> [CircuitTransition] {
        defer { moves = [] }
        return moves
    }

    mutating func advance(to time: Int64) {
        now = max(now, time)
        guard forced == nil else { return }
        switch state {
        case .closed: return
        case .open:
            if openUntil <= now { move(.halfOpen, .cooldown) }
        case .halfOpen:
            let isProven = successes >= settings.probeCount && dwelt <= now
            if let timeout = firstTimeout, timeout <= now, !(isProven && dwelt < timeout) {
                move(.open, .probeTimeout)
            } else if isProven {
                move(.closed, .probesSucceeded)
            }
        }
    }

    /// nil: refused.
    mutating func claim(bypass: Bool) -> Permit? {
        switch state {
        case .open where !bypass: return nil
        case .halfOpen where !bypass:
            guard probes.count < settings.probeCount else { return nil }
            let probe = Permit(era: era, isProbe: true, deadline: now + settings.probeTimeout.nanoseconds)
            probes.append(probe)
            return probe
        case .closed, .open, .halfOpen: return Permit(era: era, isProbe: false, deadline: 0)
        }
    }

    mutating func report(_ permit: Permit, _ outcome: Outcome) {
        guard permit.era == era else { return }
        switch state {
        case .open: return
        case .closed:
            guard outcome != .ignored else { return }
            counted.append(Counted(time: now, isFailure: outcome == .failure))
            if let cause = reasonToOpen(after: outcome), forced == nil { move(.open, cause) }
        case .halfOpen:
            guard permit.isProbe, let index = probes.firstIndex(of: permit) else { return }
            probes.remove(at: index)
            if outcome == .success { successes += 1 }
            if outcome == .failure { move(.open, .probeFailed) } else { advance(to: now) }
        }
    }

    mutating func force(_ state: ForcedCircuitState?) {
        guard state != forced else { return }
        if state == nil, forced == .closed {
            counted = []
            era += 1
        }
        forced = state
        if state == .open, self.state != .open { move(.open, .forced) }
        if state == .closed, self.state == .open { move(.halfOpen, .forced) }
        if state == .closed, self.state == .halfOpen { move(.closed, .forced) }
        advance(to: now)
    }

    private func reasonToOpen(after outcome: Outcome) -> CircuitTransition.Cause? {
        let failures = inWindow.count(where: \.isFailure)
        if let threshold = settings.failThreshold, outcome == .failure, failures >= threshold { return .threshold }
        if let ratio = settings.failureRatio, failures > 0, inWindow.count >= settings.minRequests,
            Double(failures) / Double(inWindow.count) >= ratio
        {
            return .ratio
        }
        return nil
    }

    private mutating func move(_ next: CircuitState, _ cause: CircuitTransition.Cause) {
        moves.append(CircuitTransition(from: state, to: next, cause: cause))
        if state == .closed { failuresThatOpened = failures }
        (state, since, probes, successes) = (next, now, [], 0)
        counted = []
        era += 1
    }

    // MARK: Equal from here on

    /// What decides everything that may come: two models of the same key have the same future.
    struct Key: Hashable {
        let state: CircuitState
        let forced: ForcedCircuitState?
        let wait: Int64
        let successes: Int
        let counted: [Int64: [Int]]
        let held: [Permit: Int]
    }

    /// The key while `held` are out.
    func key(held: [Permit]) -> Key {
        var outcomes: [Int64: [Int]] = [:]
        let most = max(settings.failThreshold ?? 0, settings.failureRatio == nil ? 0 : .max)
        for outcome in inWindow.filter({ $0.isFailure || settings.failureRatio != nil }).suffix(most) {
            outcomes[outcome.time - now, default: [0, 0]][outcome.isFailure ? 1 : 0] += 1
        }
        let wait =
            switch state {
            case .closed: Int64(0)
            case .open: max(0, openUntil - now)
            case .halfOpen: max(0, dwelt - now)
            }
        let permits = held.map { permit in
            let isLive = permit.era == era
            return Permit(
                era: isLive ? 0 : -1, isProbe: isLive && permit.isProbe,
                deadline: isLive && permit.isProbe ? permit.deadline - now : 0)
        }
        return Key(
            state: state, forced: forced, wait: wait, successes: min(successes, settings.probeCount), counted: outcomes,
            held: Dictionary(permits.map { ($0, 1) }, uniquingKeysWith: +))
    }
}
