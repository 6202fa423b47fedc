internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// Where a call is admitted, in this order: its circuit, its limits or the line, a connection.
///
/// A call goes in the moment when all three have room for it: its units and its probe slot are claimed and its head is
/// sent without anything coming in between, since all of it happens on one loop. A call in line holds nothing.
final class Gate {
    private enum Claim {
        case granted(CircuitPermit?)
        case refused(Refusal)
    }

    private let limiter: RateLimiter
    private let pool: UpstreamPool
    private var waiting: [Ticket: Call] = [:]
    private var isPumping = false
    private var mustPumpAgain = false
    /// No connection is opened ahead of its turn after one has failed, until a turn comes.
    private var opensAhead = true

    init(limiter: RateLimiter, pool: UpstreamPool, eventLoop: any EventLoop) {
        self.limiter = limiter
        self.pool = pool
        pool.whenReady = { [weak self] in self?.pump(now: eventLoop.instant) }
        pool.whenFailed = { [weak self] in self?.connectFailed($0, now: eventLoop.instant) }
        let bound = NIOLoopBound(WeakGate(gate: self), eventLoop: eventLoop)
        let handlers = RateLimiter.LineHandlers(
            turnCame: { bound.value.gate?.pump(now: eventLoop.instant) },
            refused: { bound.value.gate?.turnedAway($0, $1) })
        limiter.assumeIsolated { $0.attach(handlers) }
    }

    /// Sends the call, puts it in line, or refuses it.
    func enter(_ call: Call, now: Instant) {
        let permit: CircuitPermit?
        switch claim(call, now: now) {
        case .refused(let refusal): return call.refuse(refusal)
        case .granted(let granted): permit = granted
        }
        let demand = call.demand
        let isReady = pool.isReady
        switch limiter.assumeIsolated({ $0.enter(demand, ready: isReady, now: now) }) {
        case .admitted:
            send(call, permit: permit, waited: .zero, now: now)
        case .joined(let ticket):
            call.endpoint.report(permit, .ignored, now: now)
            waiting[ticket] = call
            call.ticket = ticket
            pump(now: now)
        case .refused(let refusal):
            call.endpoint.report(permit, .ignored, now: now)
            call.refuse(refusal)
        }
    }

    /// Takes a call out of line; nothing happens where it stands in none.
    func withdraw(_ call: Call, now: Instant) {
        guard let ticket = call.ticket else { return }
        forget(ticket)
        limiter.assumeIsolated { $0.leave(ticket, now: now) }
    }

    /// Refuses those in line to `endpoints`, whose circuit has opened.
    func circuitOpened(endpoints: Set<Int>, retryAfter: TimeSpan, now: Instant) {
        let refusal = Refusal(.circuitOpen, retryAfter: retryAfter)
        limiter.assumeIsolated { limiter in
            limiter.refuse(refusal, now: now) { endpoints.contains($0.endpoint) }
        }
    }

    /// Serves whoever's turn it is, for as long as connections are ready; opens what is missing.
    private func pump(now: Instant) {
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
        if opensAhead, !waiting.isEmpty { pool.prepare(1) }
    }

    private func serveNext(now: Instant) -> Bool {
        guard let (ticket, call) = nextInLine(now: now) else { return false }
        opensAhead = true
        guard pool.isReady else {
            pool.prepare(waiting.count)
            return false
        }
        switch claim(call, now: now) {
        case .granted(let permit):
            guard let waited = limiter.assumeIsolated({ $0.admit(ticket, now: now) }) else {
                call.endpoint.report(permit, .ignored, now: now)
                return false
            }
            forget(ticket)
            send(call, permit: permit, waited: waited, now: now)
        case .refused(let refusal):
            withdraw(call, now: now)
            call.refuse(refusal)
        }
        return true
    }

    private func nextInLine(now: Instant) -> (Ticket, Call)? {
        guard let ticket = limiter.assumeIsolated({ $0.next(now: now) }), let call = waiting[ticket] else { return nil }
        return (ticket, call)
    }

    /// The failed connection was meant for whoever's turn it is. It has cost no unit, but it is the provider's failure.
    private func connectFailed(_ code: FailureCode, now: Instant) {
        if let (_, call) = nextInLine(now: now) {
            let claim = claim(call, now: now)
            withdraw(call, now: now)
            switch claim {
            case .granted(let permit):
                call.endpoint.emit(.attemptFailed(code))
                call.endpoint.report(permit, .failure, now: now)
                call.connectFailed(code)
            case .refused(let refusal):
                call.refuse(refusal)
            }
        } else {
            opensAhead = false
        }
        pump(now: now)
    }

    private func send(_ call: Call, permit: CircuitPermit?, waited: TimeSpan, now: Instant) {
        guard let connection = pool.takeIdle() else { return call.connectFailed(.connect) }
        call.start(on: connection, permit: permit, waited: waited, now: now)
    }

    private func claim(_ call: Call, now: Instant) -> Claim {
        let endpoint = call.endpoint
        guard let circuit = endpoint.circuit else { return .granted(nil) }
        let bypass = endpoint.settings.bypassesCircuit
        switch circuit.assumeIsolated({ $0.claim(bypass: bypass, now: now) }) {
        case .permit(let permit):
            return .granted(permit)
        case .refused(let retryAfter):
            endpoint.emit(.circuitRefused)
            return .refused(Refusal(.circuitOpen, retryAfter: retryAfter))
        }
    }

    private func turnedAway(_ ticket: Ticket, _ refusal: Refusal) {
        guard let call = waiting[ticket] else { return }
        forget(ticket)
        if refusal.reason == .circuitOpen { call.endpoint.emit(.circuitRefused) }
        call.refuse(refusal)
    }

    private func forget(_ ticket: Ticket) {
        waiting.removeValue(forKey: ticket)?.ticket = nil
    }
}

/// Lets the limiter's handlers reach the gate without keeping it.
private struct WeakGate {
    weak var gate: Gate?
}
