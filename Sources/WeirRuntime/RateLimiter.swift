public import NIOCore
public import WeirCore

/// The limits and the line of one upstream on an event loop, with one timer for whatever comes next.
///
/// There are two ways in. The data path, on the loop, calls `enter`, is told when a turn comes (`LineHandlers`) and
/// takes it with `next` and `admit`, since a turn is worth nothing without a connection to use it on. Any task may
/// await `acquire`, whose turn is taken for it. Whoever was admitted says so when its attempt is over (`release`), or that
/// there was none (`giveBack`).
public actor RateLimiter: LoopActor {
    /// What the data path is told; called on the loop.
    public struct LineHandlers: Sendable {
        /// Somebody in line may be admitted: ask `next`.
        let turnCame: @Sendable () -> Void
        /// A call has left the line without admission.
        let refused: @Sendable (Ticket, Refusal) -> Void

        /// Handlers for a turn and for a refusal.
        public init(
            turnCame: @escaping @Sendable () -> Void, refused: @escaping @Sendable (Ticket, Refusal) -> Void
        ) {
            self.turnCame = turnCame
            self.refused = refused
        }
    }

    /// What becomes of a call that has just arrived.
    public enum Entry: Sendable {
        /// Its units are taken: it goes now.
        case admitted(Admission)
        /// It waits in line.
        case joined(Ticket)
        /// It is refused at once.
        case refused(Refusal)
    }

    /// Its loop.
    public nonisolated let executor: LoopExecutor
    var control: AdmissionControl
    var tasks: [Ticket: CheckedContinuation<Admission, any Error>] = [:]
    private(set) var isShutDown = false
    var sinks: [EventSink]
    var upstreamSink: EventSink
    private var handlers: LineHandlers?
    private var timer = LoopTimer()
    private var wake: (@Sendable () -> Void)?
    private(set) var journal: (any AdmissionJournal)?
    var pokeFleet: (@Sendable () -> Void)?
    var isPoking = false

    /// The loop, as the executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.unowned }

    /// A limiter on `eventLoop` that emits the events of each endpoint into its own sink (one for each), and those of the
    /// upstream itself into `upstreamSink`.
    public init(
        on eventLoop: any EventLoop, control: AdmissionControl, sinks: [EventSink],
        upstreamSink: @escaping EventSink = { _ in }
    ) {
        executor = LoopExecutor(eventLoop)
        self.control = control
        self.sinks = sinks
        self.upstreamSink = upstreamSink
    }

    /// Says who is told of turns and refusals.
    public func attach(_ handlers: LineHandlers) {
        self.handlers = handlers
    }

    /// Takes up what was used before a restart; to be done before any call comes.
    package func restore(_ kept: [KeptLimit], now: Instant) {
        control.restore(kept, now: now)
    }

    /// Where a key of a limit is counted, as in `Charge.slot`; nil where nothing is used of it.
    package func slot(of key: LimitKey, limit: Int) -> Int? {
        control.slot(of: key, limit: limit)
    }

    /// The places that a limit's keys have had at once, as `AdmissionControl.slotCount`.
    package func slotCount(_ limit: Int) -> Int {
        control.slotCount(limit)
    }

    /// Has what is used from here on written down in `journal`, which knows the limits by their places: where those change
    /// (`reconfigure`) it is exchanged for one that knows the new ones, in the same turn of the loop and before.
    package func keep(_ journal: any AdmissionJournal) {
        self.journal = journal
    }

    /// Exchanges the journal, if there is one, for the one that follows it under other limits: in the same turn of the loop,
    /// right before `reconfigure`.
    package func keep(following next: (any AdmissionJournal) -> any AdmissionJournal) {
        journal = journal.map(next)
    }

    // MARK: Admission

    /// Admits a call, puts it in line or refuses it. Where nothing is `ready` to carry it, it waits even if the limits
    /// would admit it. Whoever calls asks `next` once the ticket is in its books: that is what sets the timer.
    public func enter(_ demand: Demand, ready: Bool, now: Instant) -> Entry {
        guard !isShutDown else { return .refused(Refusal(.draining)) }
        switch control.enter(demand, ready: ready, now: now) {
        case .admitted(let granted):
            return .admitted(tell(granted, endpoint: demand.endpoint))
        case .joined(let ticket, let limited, let dropped):
            if limited { sinks[demand.endpoint](.limitHit) }
            if let dropped { turnAway(dropped) }
            return .joined(ticket)
        case .refused(let refusal, let limited):
            if limited { sinks[demand.endpoint](.limitHit) }
            sinks[demand.endpoint](.lineRefused(refusal.reason))
            return .refused(refusal)
        }
    }

    /// The call whose turn it is at `now`, or nil. Tasks that await are served on the way.
    public func next(now: Instant) -> Ticket? {
        while let ticket = control.next(now: now) {
            guard let continuation = tasks.removeValue(forKey: ticket) else {
                setTimer()
                return ticket
            }
            if let admission = admit(ticket, now: now) {
                continuation.resume(returning: admission)
            } else {
                // Not reached while `next` names only those who can go; nobody may be left waiting if it did.
                control.leave(ticket)
                continuation.resume(throwing: Refusal(.rateLimited))
            }
        }
        setTimer()
        return nil
    }

    /// Admits a call from the line: takes its units. nil, and nothing taken, where it has left or does not fit.
    public func admit(_ ticket: Ticket, now: Instant) -> Admission? {
        guard let waiter = control.waiter(ticket), let granted = control.admit(ticket, now: now) else { return nil }
        return tell(granted, endpoint: waiter.endpoint)
    }

    /// Takes a call out of line. Whoever stood behind it is looked at again in the same moment.
    public func leave(_ ticket: Ticket, now: Instant) {
        guard control.leave(ticket) != nil else { return }
        arm(now: now)
    }

    /// Refuses every call in line that `isIncluded` with `refusal`; each is told through the handlers.
    public func refuse(_ refusal: Refusal, now: Instant, where isIncluded: (Line.Waiter) -> Bool) {
        refuse(refusal, control.tickets(where: isIncluded), now: now)
    }

    func refuse(_ refusal: Refusal, _ tickets: [Ticket], now: Instant) {
        for ticket in tickets {
            guard let waiter = control.leave(ticket) else { continue }
            turnAway(.init(ticket: ticket, endpoint: waiter.endpoint, refusal: refusal))
        }
        arm(now: now)
    }

    /// Gives back all that an admission took, as if it had never been: no attempt was made of it. At most once, and not
    /// after `release`.
    public func giveBack(_ admission: Admission, now: Instant) {
        var charges: [Charge] = []
        if journal != nil { control.forEachCharge(of: admission, now: now) { charges.append($0) } }
        control.giveBack(admission, now: now)
        for charge in charges {
            journal?.gaveBack(control.remarked(charge, now: now), takenAt: admission.takenAt)
        }
        armIfAwaited(now: now)
    }

    /// The attempt is over: frees the places that it held in flight. Once is enough, more often does no harm.
    public func release(_ admission: Admission, now: Instant) {
        control.release(admission, now: now)
        armIfAwaited(now: now)
    }

    /// A refusal for a call that a stop of the provider holds beyond its deadline, which counts as refused; nil where none
    /// does. To be asked before the circuit.
    public func frozenRefusal(_ demand: Demand, now: Instant) -> Refusal? {
        guard let refusal = control.frozenRefusal(demand, now: now) else { return nil }
        sinks[demand.endpoint](.limitHit)
        sinks[demand.endpoint](.lineRefused(.frozen))
        return refusal
    }

    /// Refuses everyone in line as `draining`, and everyone who comes later. Leaves no timer, no waiter, no continuation and
    /// no handler behind; may be called again.
    public func shutDown() {
        isShutDown = true
        refuse(Refusal(.draining), now: executor.loop.instant) { _ in true }
        setTimer()
        handlers = nil
    }

    // MARK: Changes

    /// Changes the limits or what holds the line, and looks who may go now.
    func change<Result>(now: Instant, _ body: (inout AdmissionControl) -> Result) -> Result {
        let result = body(&control)
        arm(now: now)
        return result
    }

    /// Emits an event into the sink of a scope.
    func emit(_ event: Event, _ scope: HoldScope) {
        switch scope {
        case .upstream: upstreamSink(event)
        case .endpoint(let endpoint): if sinks.indices.contains(endpoint) { sinks[endpoint](event) }
        }
    }

    // MARK: Time

    /// Looks who is next and sets the timer; a turn that has come already is announced.
    func arm(now: Instant) {
        if next(now: now) != nil { handlers?.turnCame() }
    }

    private func armIfAwaited(now: Instant) {
        if control.length > 0 { arm(now: now) }
    }

    /// Tells of the calls that a limit has begun to hold back.
    func tellNewlyLimited() {
        for endpoint in control.takeNewlyLimited() { sinks[endpoint](.limitHit) }
    }

    /// Sets the timer for what `control.next` has just found to come next.
    func setTimer() {
        tellNewlyLimited()
        timer.set(isShutDown ? nil : control.nextEvent, on: executor.loop, wakeUp)
        if pokeFleet != nil { poke() }
    }

    private var wakeUp: @Sendable () -> Void {
        if let wake { return wake }
        let made: @Sendable () -> Void = { [weak self] in
            self?.onLoop { $0.timerFired() }
        }
        wake = made
        return made
    }

    private func timerFired() {
        timer.fired()
        let now = executor.loop.instant
        while let thaw = control.takeThaw(now: now) {
            emit(.thawed(wasBan: thaw.wasBan), thaw.scope)
        }
        while let departure = control.expire(now: now) {
            turnAway(departure)
        }
        arm(now: now)
    }

    // MARK: Telling

    private func tell(_ granted: AdmissionControl.Granted, endpoint: Int) -> Admission {
        switch granted.verdict {
        case nil: break
        case .wait: sinks[endpoint](.limitHit)
        case .refuse(let reason):
            sinks[endpoint](.limitHit)
            sinks[endpoint](.lineRefused(reason))
        }
        if let journal {
            let now = granted.admission.takenAt
            control.forEachCharge(of: granted.admission, now: now) { journal.took($0, now: now) }
        }
        sinks[endpoint](.admitted(waited: granted.admission.waited))
        return granted.admission
    }

    func turnAway(_ departure: AdmissionControl.Departure) {
        // A circuit tells of its own refusals, and a drain is nobody's limit.
        switch departure.refusal.reason {
        case .rateLimited, .queueFull, .frozen: sinks[departure.endpoint](.lineRefused(departure.refusal.reason))
        case .circuitOpen, .draining: break
        }
        if let continuation = tasks.removeValue(forKey: departure.ticket) {
            continuation.resume(throwing: departure.refusal)
        } else {
            handlers?.refused(departure.ticket, departure.refusal)
        }
    }
}
