/// A circuit: CLOSED, OPEN or HALF_OPEN, as a pure state machine that is told the time and what happened.
///
/// Each move starts a new generation; a permit of an earlier one changes nothing. A probe slot cannot be lost: an
/// outcome gives it back, and without one the probe times out, which is a failure.
///
/// A state begins when the circuit is told of it: with a late timer it lasts longer, never less long.
public struct Circuit: Sendable {
    private enum Phase {
        case closed
        case open(since: Instant, until: Instant)
        case halfOpen(ProbeRound)
    }

    private static let mostMovesKept = 16

    /// The rules that it follows.
    public private(set) var settings: CircuitSettings
    /// What it is forced to be; nil: it follows its rules.
    public private(set) var forced: ForcedCircuitState?
    /// When it came into its state; nil before it first moved.
    public private(set) var since: Instant?
    /// How often it has moved.
    public private(set) var transitionCount = 0

    private var phase = Phase.closed
    private var generation: UInt64
    /// What has failed since it last closed.
    private var window: FailureWindow
    /// What the window held when the circuit left CLOSED.
    private var failuresThatOpened = 0
    private var cooldown: Cooldown
    /// When it last opened, and until when that was for.
    private var opened: (since: Instant, until: Instant)?
    private var latest = Instant(nanoseconds: .min)
    private var moves: [CircuitTransition] = []

    /// A closed circuit.
    ///
    /// - Parameters:
    ///   - seed: feeds the jitter of a growing cooldown.
    ///   - firstGeneration: far from that of any other circuit whose permits may be taken for those of this one.
    public init(_ settings: CircuitSettings, seed: UInt64 = 0, firstGeneration: UInt64 = 0) {
        self.settings = settings
        generation = firstGeneration
        window = FailureWindow(settings)
        cooldown = Cooldown(seed: seed)
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
        case .closed: nil
        case .open(_, let until): forced == nil ? until : nil
        case .halfOpen(let round): round.nextEvent(settings)
        }
    }

    // MARK: Attempts

    /// Whether a claim would be refused, and then after how long a further try may succeed (0 where that is not known);
    /// nil: it would not. To be asked before a call joins a line, so that no slot is held there.
    public mutating func refusal(bypass: Bool = false, now: Instant) -> TimeSpan? {
        advance(now: now)
        guard !bypass else { return nil }
        switch phase {
        case .closed: return nil
        case .open(_, let until): return forced == nil ? until - latest : .zero
        case .halfOpen(let round): return round.isFull(settings) ? .zero : nil
        }
    }

    /// Asks for the right to make one attempt. With `bypass` it is always given, and counts only while CLOSED.
    public mutating func claim(bypass: Bool = false, now: Instant) -> CircuitAnswer {
        if let wait = refusal(bypass: bypass, now: now) { return .refused(retryAfter: wait) }
        guard !bypass, case .halfOpen(var round) = phase else {
            return .permit(CircuitPermit(generation: generation, probe: nil))
        }
        let probe = round.claim(settings, now: latest)
        phase = .halfOpen(round)
        return .permit(CircuitPermit(generation: generation, probe: probe))
    }

    /// Tells what became of an attempt: once for each permit. What comes after the circuit has moved changes nothing.
    public mutating func report(_ permit: CircuitPermit, _ outcome: Outcome, now: Instant) {
        advance(now: now)
        guard permit.generation == generation else { return }
        switch phase {
        case .closed:
            guard outcome != .ignored else { return }
            let cause = window.record(isFailure: outcome == .failure, now: latest)
            if let cause, forced == nil { open(cause) }
        case .open:
            return
        case .halfOpen(var round):
            guard round.finish(permit.probe, isSuccess: outcome == .success) else { return }
            phase = .halfOpen(round)
            if outcome == .failure { open(.probeFailed) } else { advance(now: latest) }
        }
    }

    // MARK: Time

    /// Does what time alone brings about up to `now`. Time going backwards moves nothing.
    public mutating func advance(now: Instant) {
        latest = max(latest, now)
        switch phase {
        case .closed:
            return
        case .open(_, let until):
            if until <= latest, forced == nil { move(to: .halfOpen(ProbeRound(since: latest)), .cooldown) }
        case .halfOpen(let round):
            switch round.verdict(settings, now: latest) {
            case .undecided: return
            case .proven: close(.probesSucceeded)
            case .timedOut: open(.probeTimeout)
            }
        }
    }

    // MARK: The operator

    /// Overrides the rules, or with nil follows them again.
    ///
    /// Forced open, it is OPEN: it refuses all but what bypasses it, and neither time nor outcomes move it. Lifted, its
    /// cooldown counts from when it opened, so it probes at once where that is over. Forced closed, it is CLOSED: it
    /// admits everything and counts failures without opening. Lifted, it stays CLOSED with an empty window.
    /// It moves only as it would by itself: from OPEN to CLOSED through HALF_OPEN.
    public mutating func force(_ state: ForcedCircuitState?, now: Instant) {
        advance(now: now)
        let lifted = forced
        forced = state
        switch (state, phase) {
        case (.open, .closed), (.open, .halfOpen):
            open(.forced)
        case (.open, .open):
            return
        case (.closed, .open):
            move(to: .halfOpen(ProbeRound(since: latest)), .forced)
            close(.forced)
        case (.closed, .halfOpen):
            close(.forced)
        case (.closed, .closed):
            return
        case (nil, _):
            if lifted == .closed { restart() }
            advance(now: latest)
        }
    }

    /// Follows other settings from now on; the state is kept, with the probes in flight and what the window holds. OPEN
    /// ends when the new cooldown says, counted from when it began.
    public mutating func reconfigure(_ changed: CircuitSettings, now: Instant) {
        advance(now: now)
        let old = settings
        settings = changed
        window.follow(changed, now: latest)
        if case .open(let since, _) = phase, !changed.hasCooldown(of: old) {
            let until = since + cooldown.length(changed)
            phase = .open(since: since, until: until)
            opened = (since, until)
        }
        advance(now: latest)
    }

    // MARK: Restarts

    /// What is to be kept of it; nil while it is CLOSED.
    package var record: CircuitRecord? {
        guard state != .closed, let opened else { return nil }
        return CircuitRecord(
            since: opened.since, until: opened.until, failedProbes: cooldown.failedProbesInARow)
    }

    /// Is OPEN as it was before a restart. One that was HALF_OPEN has its time come, and probes anew. What lies ahead of `now`
    /// began now; it lasts no longer than its settings let it. That is no move, and to be done before any call comes.
    package mutating func restore(_ record: CircuitRecord, now: Instant) {
        latest = max(latest, now)
        cooldown.restore(failedProbes: record.failedProbes)
        let since = min(record.since, now)
        let longest = max(settings.cooldown, settings.maxCooldown ?? .zero, settings.minDwell, .zero)
        let until = min(record.until, since + longest)
        phase = .open(since: since, until: until)
        opened = (since, until)
        self.since = since
        generation += 1
    }

    // MARK: What it shows

    /// Whether `takeMoves` has any to tell, or `nextEvent` may have changed without one. (Mutating, so that whoever keeps
    /// the circuit in a class is not made to copy it in order to ask.)
    package var hasNews: Bool {
        mutating get { !moves.isEmpty || state == .halfOpen }
    }

    /// The moves since the last time this was asked, in order; the last 16 at most.
    public mutating func takeMoves() -> [CircuitTransition] {
        defer { moves = [] }
        return moves
    }

    /// What the circuit shows of itself.
    public mutating func snapshot(now: Instant) -> CircuitSnapshot {
        advance(now: now)
        var failures = failuresThatOpened
        var nextProbe: TimeSpan?
        switch phase {
        case .closed: failures = window.failures(now: latest)
        case .open(_, let until): nextProbe = forced == nil ? until - latest : nil
        case .halfOpen: nextProbe = .zero
        }
        return CircuitSnapshot(
            state: state, since: since, failuresInWindow: failures, failThreshold: settings.failThreshold,
            untilNextProbe: nextProbe, forced: forced, transitions: transitionCount)
    }

    // MARK: Moves

    private mutating func open(_ cause: CircuitTransition.Cause) {
        switch phase {
        case .closed:
            failuresThatOpened = window.failures(now: latest)
            cooldown.reset()
        case .halfOpen:
            if cause != .forced { cooldown.grow() }
        case .open:
            return
        }
        let until = latest + cooldown.length(settings)
        move(to: .open(since: latest, until: until), cause)
        opened = (latest, until)
    }

    private mutating func close(_ cause: CircuitTransition.Cause) {
        window = FailureWindow(settings)
        move(to: .closed, cause)
    }

    /// CLOSED as if it had just closed: what is under way counts no more.
    private mutating func restart() {
        window = FailureWindow(settings)
        generation += 1
    }

    private mutating func move(to next: Phase, _ cause: CircuitTransition.Cause) {
        let from = state
        phase = next
        generation += 1
        transitionCount += 1
        since = latest
        if moves.count == Self.mostMovesKept { moves.removeFirst() }
        moves.append(CircuitTransition(from: from, to: state, cause: cause))
    }
}
