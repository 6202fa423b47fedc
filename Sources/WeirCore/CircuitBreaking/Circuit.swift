/// A circuit: CLOSED, OPEN or HALF_OPEN, as a pure state machine that is told the time and what happened.
///
/// Each move starts a new generation; a permit of an earlier one changes nothing. A probe slot cannot be lost: an
/// outcome gives it back, and without one the probe times out, which is a failure.
public struct Circuit: Sendable {
    private struct Probe {
        let number: UInt64
        let deadline: Instant
    }

    private struct HalfOpen {
        let since: Instant
        var probes: [Probe] = []
        var successes = 0
    }

    private enum Phase {
        case closed(FailureWindow)
        case open(since: Instant, until: Instant)
        case halfOpen(HalfOpen)
    }

    /// The rules that it follows.
    public let settings: CircuitSettings
    /// When it came into its state; nil before it first moved.
    public private(set) var since: Instant?
    /// How often it has moved.
    public private(set) var transitionCount = 0

    private var phase: Phase
    private var generation: UInt64 = 0
    private var probeNumber: UInt64 = 0
    private var failedProbesInARow = 0
    /// What the window held when the circuit left CLOSED.
    private var failuresThatOpened = 0
    private var jitter: SeededGenerator
    private var latest = Instant(nanoseconds: .min)
    private var moves: [CircuitTransition] = []

    /// A closed circuit. `seed` feeds the jitter of a growing cooldown.
    public init(_ settings: CircuitSettings, seed: UInt64 = 0) {
        self.settings = settings
        phase = .closed(FailureWindow(settings))
        jitter = SeededGenerator(seed: seed)
    }

    /// The state, as of the last event.
    public var state: CircuitState {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// When time alone will change something; `advance` is due then. nil: never.
    public var nextEvent: Instant? {
        switch phase {
        case .closed:
            return nil
        case .open(_, let until):
            return until
        case .halfOpen(let half):
            let timeout = half.probes.map(\.deadline).min()
            guard half.successes >= settings.probeCount else { return timeout }
            let close = half.since + settings.halfOpenDwell
            return min(timeout ?? close, close)
        }
    }

    /// Asks for the right to make one attempt. With `bypass` it is always given, and counts only while CLOSED.
    public mutating func claim(bypass: Bool = false, now: Instant) -> CircuitAnswer {
        advance(now: now)
        switch phase {
        case .closed:
            return .permit(CircuitPermit(generation: generation, probe: nil))
        case .open where bypass, .halfOpen where bypass:
            return .permit(CircuitPermit(generation: generation, probe: nil))
        case .open(_, let until):
            return .refused(retryAfter: until - latest)
        case .halfOpen(var half):
            guard half.probes.count < settings.probeCount else { return .refused(retryAfter: .zero) }
            probeNumber &+= 1
            half.probes.append(Probe(number: probeNumber, deadline: latest + settings.probeTimeout))
            phase = .halfOpen(half)
            return .permit(CircuitPermit(generation: generation, probe: probeNumber))
        }
    }

    /// Tells what became of an attempt. Each permit is reported once; anything further is ignored.
    public mutating func report(_ permit: CircuitPermit, _ outcome: Outcome, now: Instant) {
        advance(now: now)
        guard permit.generation == generation else { return }
        switch phase {
        case .closed(var window):
            guard outcome != .ignored else { return }
            // The payload is moved out while it changes, so that its storage is never copied.
            phase = .open(since: latest, until: latest)
            let cause = window.record(isFailure: outcome == .failure, now: latest)
            if cause != nil { failuresThatOpened = window.failures(now: latest) }
            phase = .closed(window)
            if let cause { open(cause) }
        case .open:
            return
        case .halfOpen(var half):
            guard let index = half.probes.firstIndex(where: { $0.number == permit.probe }) else { return }
            half.probes.remove(at: index)
            if outcome == .success { half.successes += 1 }
            phase = .halfOpen(half)
            if outcome == .failure { open(.probeFailed) } else { closeIfProven() }
        }
    }

    /// Does what time alone brings about up to `now`.
    public mutating func advance(now: Instant) {
        latest = max(latest, now)
        switch phase {
        case .closed:
            return
        case .open(_, let until):
            if until <= latest { move(to: .halfOpen(HalfOpen(since: latest)), .cooldown) }
        case .halfOpen(let half):
            if half.probes.contains(where: { $0.deadline <= latest }) { open(.probeTimeout) } else { closeIfProven() }
        }
    }

    /// The moves since the last time this was asked, in order.
    public mutating func takeMoves() -> [CircuitTransition] {
        guard !moves.isEmpty else { return [] }
        defer { moves = [] }
        return moves
    }

    /// What the circuit shows of itself.
    public mutating func snapshot(now: Instant) -> CircuitSnapshot {
        advance(now: now)
        var failures = failuresThatOpened
        var nextProbe: TimeSpan?
        switch phase {
        case .closed(var window): failures = window.failures(now: latest)
        case .open(_, let until): nextProbe = until - latest
        case .halfOpen: nextProbe = .zero
        }
        return CircuitSnapshot(
            state: state, since: since, failuresInWindow: failures, failThreshold: settings.failThreshold,
            untilNextProbe: nextProbe, transitions: transitionCount)
    }

    private mutating func closeIfProven() {
        guard case .halfOpen(let half) = phase, half.successes >= settings.probeCount,
            half.since + settings.halfOpenDwell <= latest
        else { return }
        failedProbesInARow = 0
        move(to: .closed(FailureWindow(settings)), .probesSucceeded)
    }

    private mutating func open(_ cause: CircuitTransition.Cause) {
        if case .halfOpen = phase { failedProbesInARow += 1 } else { failedProbesInARow = 0 }
        let length = max(cooldown(), settings.minDwell)
        move(to: .open(since: latest, until: latest + length), cause)
    }

    /// The configured cooldown, doubled for each failed probe in a row up to `maxCooldown`, ± 25 % of jitter once it
    /// grows so that a fleet does not probe in step.
    private mutating func cooldown() -> TimeSpan {
        guard let most = settings.maxCooldown, failedProbesInARow > 0 else { return settings.cooldown }
        let doublings = Int64(min(failedProbesInARow, 40))
        let grown = min(settings.cooldown * (Int64(1) << doublings), most)
        let spread = grown.nanoseconds / 4
        let offset = Int64(jitter.next() % UInt64(2 * spread + 1)) - spread
        return min(grown + TimeSpan(nanoseconds: offset), most)
    }

    private mutating func move(to next: Phase, _ cause: CircuitTransition.Cause) {
        let from = state
        phase = next
        generation &+= 1
        transitionCount += 1
        since = latest
        moves.append(CircuitTransition(from: from, to: state, cause: cause))
    }
}

/// What a circuit shows of itself at one moment.
public struct CircuitSnapshot: Sendable {
    /// Its state.
    public let state: CircuitState
    /// When it came into it; nil where it never moved.
    public let since: Instant?
    /// Failures in the window; unless CLOSED, those that opened the circuit.
    public let failuresInWindow: Int
    /// How many would open it; nil: not by count.
    public let failThreshold: Int?
    /// How long until it probes; 0 in HALF_OPEN, nil in CLOSED.
    public let untilNextProbe: TimeSpan?
    /// How often it has moved.
    public let transitions: Int
}
