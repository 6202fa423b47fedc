internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// Where a call is admitted, in this order: the provider's stops, its circuit, its limits or the line, a connection.
/// Permits pass it likewise, and need no connection.
///
/// A call goes in the moment when all have room for it: its units and its probe slot are claimed and its head is sent
/// without anything coming in between, since all of it happens on one loop. A call in line holds nothing.
final class Gate {
    private enum Claim {
        case granted(CircuitPermit?)
        case refused(Refusal)
    }

    private let limiter: RateLimiter
    private var pool: UpstreamPool
    private let signals: ProviderSignals
    private let eventLoop: any EventLoop
    /// In shadow a circuit refuses nobody.
    private var isEnforcing: Bool
    private var waiting: [Ticket: Entrant] = [:]
    /// Those among them that need a connection.
    private var callsWaiting = 0
    /// Those among them that need one which has not served yet.
    private var callsWaitingForFresh = 0
    private var isPumping = false
    private var mustPumpAgain = false
    /// No connection is opened ahead of its turn after one has failed, until a turn comes.
    private var opensAhead = true
    /// Who has been turned away while the configuration changes, and is to be told so afterwards; nil at other times.
    private var turnedAwayMeanwhile: [(Ticket, Refusal)]?

    init(
        limiter: RateLimiter, pool: UpstreamPool, signals: ProviderSignals, isEnforcing: Bool, eventLoop: any EventLoop
    ) {
        self.limiter = limiter
        self.pool = pool
        self.signals = signals
        self.isEnforcing = isEnforcing
        self.eventLoop = eventLoop
        watchPool()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let handlers = RateLimiter.LineHandlers(
            turnCame: { bound.value.pump(now: eventLoop.instant) },
            refused: { bound.value.turnedAway($0, $1) })
        limiter.onLoop { $0.attach(handlers) }
    }

    /// Has the configuration changed by `body`, during which nobody is served or told anything: a call that met it half
    /// changed would be lost between the two.
    func change(isEnforcing: Bool, _ body: () -> Void) {
        isPumping = true
        turnedAwayMeanwhile = []
        body()
        self.isEnforcing = isEnforcing
        isPumping = false
        let turnedAway = turnedAwayMeanwhile ?? []
        turnedAwayMeanwhile = nil
        for (ticket, refusal) in turnedAway { self.turnedAway(ticket, refusal) }
        // Not the time at which the change began: what is sent counts from when it is.
        pump(now: eventLoop.instant)
    }

    /// Has calls go over the connections of another pool from now on.
    func use(_ pool: UpstreamPool) {
        self.pool = pool
        opensAhead = true
        watchPool()
    }

    private func watchPool() {
        let eventLoop = eventLoop
        pool.whenReady = { [self] in if !waiting.isEmpty { pump(now: eventLoop.instant) } }
        pool.whenFailed = { [self] in connectFailed($0, now: eventLoop.instant) }
    }

    /// Admits the entrant, puts it in line, or refuses it.
    func enter(_ entrant: Entrant, now: Instant) {
        let demand = entrant.demand(now: now)
        if now < signals.frozenUntil, let refusal = limiter.onLoop({ $0.frozenRefusal(demand, now: now) }) {
            return entrant.refuse(refusal)
        }
        let permit: CircuitPermit?
        switch claim(entrant, now: now) {
        case .refused(let refusal): return entrant.refuse(refusal)
        case .granted(let granted): permit = granted
        }
        let isReady = isReady(entrant)
        switch limiter.onLoop({ $0.enter(demand, ready: isReady, now: now) }) {
        case .admitted(let admission):
            admit(entrant, permit: permit, admission: admission, now: now)
        case .joined(let ticket):
            entrant.endpoint.report(permit, .ignored, now: now)
            remember(ticket, entrant)
            pump(now: now)
        case .refused(let refusal):
            entrant.endpoint.report(permit, .ignored, now: now)
            entrant.refuse(refusal)
        }
    }

    /// When the limits would admit the call, as things stand.
    func projection(_ call: Call, now: Instant) -> Instant {
        let demand = call.demand(now: now)
        return limiter.onLoop { $0.projection(demand, now: now) }
    }

    /// An attempt is over: its places are given back.
    func release(_ admission: Admission, now: Instant) {
        guard admission.holdsPlaces else { return }
        limiter.onLoop { $0.release(admission, now: now) }
    }

    /// Takes an entrant out of line; nothing happens where it stands in none.
    func withdraw(_ entrant: Entrant, now: Instant) {
        guard let ticket = entrant.ticket else { return }
        forget(ticket)
        limiter.onLoop { $0.leave(ticket, now: now) }
    }

    /// Refuses those in line to `endpoints`, whose circuit has opened.
    func circuitOpened(endpoints: Set<Int>, retryAfter: TimeSpan, now: Instant) {
        guard isEnforcing else { return }
        let refusal = Refusal(.circuitOpen, retryAfter: retryAfter)
        limiter.onLoop { limiter in
            limiter.refuse(refusal, now: now) { endpoints.contains($0.endpoint) }
        }
    }

    /// Serves whoever's turn it is, for as long as connections are ready; opens what is missing.
    private func pump(now: Instant) {
        guard !waiting.isEmpty else { return }
        guard !isPumping else {
            mustPumpAgain = true
            return
        }
        isPumping = true
        repeat {
            mustPumpAgain = false
            while serveNext(now: now) {}
        } while mustPumpAgain
        isPumping = false
        if opensAhead, callsWaiting > 0 { pool.prepare(1) }
    }

    private func serveNext(now: Instant) -> Bool {
        guard let (ticket, entrant) = nextInLine(now: now) else { return false }
        opensAhead = true
        guard isReady(entrant) else {
            if entrant.call?.needsFreshConnection == true { pool.prepareFresh(callsWaitingForFresh) }
            pool.prepare(callsWaiting)
            return false
        }
        switch claim(entrant, now: now) {
        case .granted(let permit):
            guard let admission = limiter.onLoop({ $0.admit(ticket, now: now) }) else {
                entrant.endpoint.report(permit, .ignored, now: now)
                return false
            }
            forget(ticket)
            admit(entrant, permit: permit, admission: admission, now: now)
        case .refused(let refusal):
            withdraw(entrant, now: now)
            entrant.refuse(refusal)
        }
        return true
    }

    private func nextInLine(now: Instant) -> (Ticket, Entrant)? {
        guard let ticket = limiter.onLoop({ $0.next(now: now) }), let entrant = waiting[ticket] else { return nil }
        return (ticket, entrant)
    }

    /// Whether what has to carry the entrant is there.
    private func isReady(_ entrant: Entrant) -> Bool {
        switch entrant {
        case .call(let call): pool.isReady(fresh: call.needsFreshConnection)
        case .permit: true
        }
    }

    /// The failed connection was meant for whoever's turn it is. It has cost no unit, but it is the provider's failure.
    private func connectFailed(_ code: FailureCode, now: Instant) {
        if let call = nextInLine(now: now)?.1.call {
            let claim = claim(.call(call), now: now)
            withdraw(.call(call), now: now)
            switch claim {
            case .granted(let permit):
                call.endpoint.emit(.attemptFailed(code))
                call.endpoint.report(permit, .failure, now: now)
                call.connectFailed(code, now: now)
            case .refused(let refusal):
                call.refuse(refusal)
            }
        } else {
            opensAhead = false
        }
        pump(now: now)
    }

    private func admit(_ entrant: Entrant, permit: CircuitPermit?, admission: Admission, now: Instant) {
        switch entrant {
        case .call(let call): send(call, permit: permit, admission: admission, now: now)
        case .permit(let request): request.admitted(admission, permit: permit, now: now)
        }
    }

    private func send(_ call: Call, permit: CircuitPermit?, admission: Admission, now: Instant) {
        guard let connection = pool.takeIdle(fresh: call.needsFreshConnection) else {
            // Cannot be: the limiter was told that one is ready. What was taken goes back all the same.
            call.endpoint.report(permit, .ignored, now: now)
            limiter.onLoop { $0.giveBack(admission, now: now) }
            return call.connectFailed(.connect, now: now)
        }
        call.start(on: connection, permit: permit, admission: admission, now: now)
    }

    private func claim(_ entrant: Entrant, now: Instant) -> Claim {
        let endpoint = entrant.endpoint
        guard let circuit = endpoint.circuit else { return .granted(nil) }
        let bypass = endpoint.settings.bypassesCircuit
        switch circuit.onLoop({ $0.claim(bypass: bypass, now: now) }) {
        case .permit(let permit):
            return .granted(permit)
        case .refused(let retryAfter):
            endpoint.emit(.circuitRefused)
            return isEnforcing ? .refused(Refusal(.circuitOpen, retryAfter: retryAfter)) : .granted(nil)
        }
    }

    private func turnedAway(_ ticket: Ticket, _ refusal: Refusal) {
        if turnedAwayMeanwhile != nil {
            turnedAwayMeanwhile?.append((ticket, refusal))
            return
        }
        guard let entrant = waiting[ticket] else { return }
        forget(ticket)
        if refusal.reason == .circuitOpen { entrant.endpoint.emit(.circuitRefused) }
        entrant.refuse(refusal)
    }

    private func remember(_ ticket: Ticket, _ entrant: Entrant) {
        waiting[ticket] = entrant
        entrant.ticket = ticket
        count(entrant, 1)
    }

    private func forget(_ ticket: Ticket) {
        guard let entrant = waiting.removeValue(forKey: ticket) else { return }
        entrant.ticket = nil
        count(entrant, -1)
    }

    /// What a call needs does not change while it stands in line.
    private func count(_ entrant: Entrant, _ one: Int) {
        guard let call = entrant.call else { return }
        callsWaiting += one
        if call.needsFreshConnection { callsWaitingForFresh += one }
    }
}
