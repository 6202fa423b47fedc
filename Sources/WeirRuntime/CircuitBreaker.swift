public import NIOCore
public import WeirCore

/// A circuit on an event loop: it moves by timer as well as by outcome, and emits its moves.
///
/// On its loop it is called synchronously through `onLoop`; from elsewhere it is awaited.
public actor CircuitBreaker: LoopActor {
    /// Its loop.
    public nonisolated let executor: LoopExecutor
    private var circuit: Circuit
    private var timer = LoopTimer()
    private var emit: EventSink
    private var onOpen: (@Sendable () -> Void)?
    private var isShutDown = false
    private var journal: CircuitJournal?

    /// The loop, as the executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.unowned }

    /// A closed circuit on `eventLoop`. `seed` and `firstGeneration` are those of `Circuit`.
    public init(
        on eventLoop: any EventLoop, settings: CircuitSettings, seed: UInt64, firstGeneration: UInt64 = 0,
        emit: @escaping EventSink
    ) {
        executor = LoopExecutor(eventLoop)
        circuit = Circuit(settings, seed: seed, firstGeneration: firstGeneration)
        self.emit = emit
    }

    /// Has `handler` called on the loop whenever the circuit opens, after the event.
    public func whenOpened(_ handler: @escaping @Sendable () -> Void) {
        onOpen = handler
    }

    /// Is as it was before a restart, and writes down what it is from here on. To be done before any call comes.
    package func keep(_ record: CircuitRecord?, now: Instant, in journal: @escaping CircuitJournal) {
        if let record { circuit.restore(record, now: now) }
        self.journal = journal
        setTimer()
    }

    /// Whether a claim would be refused, and then after how long a further try may succeed (0 where that is not known);
    /// nil: it would not. To be asked before a call joins a line.
    public func refusal(bypass: Bool = false, now: Instant) -> TimeSpan? {
        let wait = circuit.refusal(bypass: bypass, now: now)
        settle()
        return wait
    }

    /// Asks for the right to make one attempt, whose outcome is then owed. With `bypass` it is always given.
    public func claim(bypass: Bool = false, now: Instant) -> CircuitAnswer {
        let answer = circuit.claim(bypass: bypass, now: now)
        settle()
        return answer
    }

    /// Tells what became of an attempt: once for each permit. A late report changes nothing.
    public func report(_ permit: CircuitPermit, _ outcome: Outcome, now: Instant) {
        circuit.report(permit, outcome, now: now)
        settle()
    }

    /// Forces the circuit open or closed; nil: it follows its rules again. See `Circuit.force`.
    public func force(_ state: ForcedCircuitState?, now: Instant) {
        circuit.force(state, now: now)
        setTimer()
        settle()
    }

    /// Follows other settings from now on, in the state in which it is. See `Circuit.reconfigure`.
    ///
    /// - Parameter emit: where its events go from here on; nil: where they have gone.
    public func reconfigure(_ settings: CircuitSettings, emit: EventSink? = nil, now: Instant) {
        if let emit { self.emit = emit }
        circuit.reconfigure(settings, now: now)
        journal?(circuit.record)
        setTimer()
        settle()
    }

    /// What the circuit shows of itself.
    public func snapshot(now: Instant) -> CircuitSnapshot {
        let snapshot = circuit.snapshot(now: now)
        settle()
        return snapshot
    }

    /// Leaves no timer behind, and nobody to be told that it opens; the circuit stays as it is, and moves no more by time
    /// alone. May be called again.
    public func shutDown() {
        isShutDown = true
        onOpen = nil
        timer.set(nil, on: executor.loop) {}
    }

    /// Sets the timer for what comes next, then tells of the moves: a handler may call back in here.
    private func settle() {
        guard circuit.hasNews else { return }
        setTimer()
        let moves = circuit.takeMoves()
        if !moves.isEmpty { journal?(circuit.record) }
        for move in moves {
            emit(.circuitMoved(move))
            if move.to == .open { onOpen?() }
        }
    }

    private func setTimer() {
        guard !isShutDown else { return }
        timer.set(circuit.nextEvent, on: executor.loop) { [weak self] in
            self?.onLoop { $0.timerFired() }
        }
    }

    private func timerFired() {
        timer.fired()
        circuit.advance(now: executor.loop.instant)
        setTimer()
        settle()
    }
}
