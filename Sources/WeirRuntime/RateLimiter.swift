public import NIOCore
public import WeirCore

/// The limits and the line of one upstream on an event loop, with one timer for whatever comes next.
///
/// There are two ways in. The data path, on the loop, calls `enter`, is told when a turn comes (`LineHandlers`) and
/// takes it with `next` and `admit`, since a turn is worth nothing without a connection to use it on. Any task may
/// await `acquire`, whose turn is taken for it.
public actor RateLimiter {
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
        case admitted
        /// It waits in line.
        case joined(Ticket)
        /// It is refused at once.
        case refused(Refusal)
    }

    private nonisolated let executor: LoopExecutor
    private var control: AdmissionControl
    private var timer = LoopTimer()
    private let sinks: [EventSink]
    private var handlers: LineHandlers?
    private var tasks: [Ticket: CheckedContinuation<TimeSpan, any Error>] = [:]
    private var isShutDown = false

    /// The loop, as the executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.unowned }

    /// A limiter on `eventLoop` that emits the events of each endpoint into its own sink (one for each).
    public init(on eventLoop: any EventLoop, control: AdmissionControl, sinks: [EventSink]) {
        executor = LoopExecutor(eventLoop)
        self.control = control
        self.sinks = sinks
    }

    // MARK: On the loop

    /// Says who is told of turns and refusals.
    public func attach(_ handlers: LineHandlers) {
        self.handlers = handlers
    }

    /// Admits a call, puts it in line or refuses it. Where nothing is `ready` to carry it, it waits even if the limits
    /// would admit it. Whoever calls asks `next` once the ticket is in its books: that is what sets the timer.
    public func enter(_ demand: Demand, ready: Bool, now: Instant) -> Entry {
        guard !isShutDown else { return .refused(Refusal(.draining)) }
        switch control.enter(demand, ready: ready, now: now) {
        case .admitted:
            sinks[demand.endpoint](.admitted(waited: .zero))
            return .admitted
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
            guard let waited = admit(ticket, now: now) else { continue }
            continuation.resume(returning: waited)
        }
        setTimer()
        return nil
    }

    /// Admits a call from the line: takes its units and returns how long a limit kept it waiting; nil where it has left.
    public func admit(_ ticket: Ticket, now: Instant) -> TimeSpan? {
        guard let waiter = control.waiter(ticket), let waited = control.admit(ticket, now: now) else { return nil }
        sinks[waiter.endpoint](.admitted(waited: waited))
        return waited
    }

    /// Takes a call out of line. Whoever stood behind it is looked at again in the same moment.
    public func leave(_ ticket: Ticket, now: Instant) {
        guard control.leave(ticket) != nil else { return }
        arm(now: now)
    }

    /// Refuses every call in line that `isIncluded` with `refusal`; each is told through the handlers.
    public func refuse(_ refusal: Refusal, now: Instant, where isIncluded: (Line.Waiter) -> Bool) {
        for ticket in control.tickets(where: isIncluded) {
            guard let waiter = control.leave(ticket) else { continue }
            turnAway(.init(ticket: ticket, endpoint: waiter.endpoint, refusal: refusal))
        }
        arm(now: now)
    }

    /// What the limits and the line show of themselves.
    public func snapshot(now: Instant) -> AdmissionSnapshot {
        control.snapshot(now: now)
    }

    /// Refuses everyone in line as `draining`, and everyone who comes later. Leaves no timer, no waiter and no
    /// continuation behind; may be called again.
    public func shutDown() {
        isShutDown = true
        refuse(Refusal(.draining), now: executor.loop.instant) { _ in true }
        timer.set(nil, on: executor.loop) {}
    }

    // MARK: From any task

    /// Waits for admission and returns how long a limit kept the task waiting.
    ///
    /// - Parameters:
    ///   - endpoint: the endpoint's place.
    ///   - cost: units to take of every limit; at least 1.
    ///   - priority: the class in line.
    ///   - maxWait: the longest wait.
    /// - Throws: `Refusal`, or `CancellationError` where the task was cancelled before its turn. In neither case has
    ///   anything been taken.
    public func acquire(
        endpoint: Int = 0, cost: Int = 1, priority: Priority = .normal, maxWait: TimeSpan
    ) async throws -> TimeSpan {
        try Task.checkCancellation()
        let now = executor.loop.instant
        let demand = Demand(endpoint: endpoint, cost: cost, priority: priority, deadline: now + maxWait)
        switch enter(demand, ready: true, now: now) {
        case .admitted: return .zero
        case .refused(let refusal): throw refusal
        case .joined(let ticket):
            // Announcing a turn has to wait until the continuation is in the books; the timer will.
            _ = control.next(now: now)
            setTimer()
            return try await turn(of: ticket)
        }
    }

    /// Nothing can come between joining the line and storing the continuation: both happen in one turn of the actor, and
    /// a cancellation is a later one. A task cancelled before it got here finds that out from `isCancelled`.
    private func turn(of ticket: Ticket) async throws -> TimeSpan {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                tasks[ticket] = continuation
                if Task.isCancelled { cancel(ticket) }
            }
        } onCancel: {
            executor.loop.execute { self.assumeIsolated { $0.cancel(ticket) } }
        }
    }

    /// Does nothing once the ticket's turn has come: then the task has been admitted.
    private func cancel(_ ticket: Ticket) {
        guard let continuation = tasks.removeValue(forKey: ticket) else { return }
        leave(ticket, now: executor.loop.instant)
        continuation.resume(throwing: CancellationError())
    }

    // MARK: Time

    /// Looks who is next and sets the timer; a turn that has come already is announced.
    private func arm(now: Instant) {
        if next(now: now) != nil { handlers?.turnCame() }
    }

    /// Sets the timer for the next turn, as `control.next` has just found it, or the next deadline.
    private func setTimer() {
        for endpoint in control.takeNewlyLimited() { sinks[endpoint](.limitHit) }
        timer.set(control.nextEvent, on: executor.loop) { [weak self] in
            self?.assumeIsolated { $0.timerFired() }
        }
    }

    private func timerFired() {
        timer.fired()
        let now = executor.loop.instant
        while let departure = control.expire(now: now) {
            turnAway(departure)
        }
        arm(now: now)
    }

    private func turnAway(_ departure: AdmissionControl.Departure) {
        // A circuit tells of its own refusals, and a drain is nobody's limit.
        if departure.refusal.reason == .rateLimited || departure.refusal.reason == .queueFull {
            sinks[departure.endpoint](.lineRefused(departure.refusal.reason))
        }
        if let continuation = tasks.removeValue(forKey: departure.ticket) {
            continuation.resume(throwing: departure.refusal)
        } else {
            handlers?.refused(departure.ticket, departure.refusal)
        }
    }
}
