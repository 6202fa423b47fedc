internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// One endpoint at work. Lives on its upstream's loop.
final class Endpoint {
    let index: Int
    let settings: EndpointSettings
    /// Its circuit, which it may share with the whole upstream; nil where the breaker is off.
    let circuit: CircuitBreaker?
    let circuitSettings: CircuitSettings?
    let planner: RetryPlanner
    let emit: EventSink
    /// The most that one call can ever cost; nil without limits.
    let largestCost: Int?
    /// How the keys of its calls are made; nil where no limit of it is keyed.
    let keying: Keying?
    /// Attempts under way.
    var inFlight = 0

    init(
        index: Int, settings: EndpointSettings, circuit: CircuitBreaker?, circuitSettings: CircuitSettings?,
        control: AdmissionControl, emit: @escaping EventSink
    ) {
        self.index = index
        self.settings = settings
        self.circuit = circuit
        self.circuitSettings = circuitSettings
        planner = RetryPlanner(settings.retry)
        largestCost = control.largestCost(of: index)
        keying = control.keying(of: index)
        self.emit = emit
    }

    /// Tells the circuit what became of an attempt; without a permit there is nothing to tell.
    func report(_ permit: CircuitPermit?, _ outcome: Outcome, now: Instant) {
        guard let permit, let circuit else { return }
        circuit.onLoop { $0.report(permit, outcome, now: now) }
    }

    /// Whether its circuit is CLOSED, or there is none.
    func circuitIsClosed(now: Instant) -> Bool {
        circuit?.onLoop { $0.snapshot(now: now).state == .closed } ?? true
    }

    /// Whether a call may be sent more than once.
    func isRepeatable(_ head: RequestHead) -> Bool {
        planner.isRepeatable(method: head.methodName, hasIdempotencyKey: head.fields.contains(.idempotencyKey))
    }

    /// Whether a call belongs here.
    func matches(_ head: RequestHead) -> Bool {
        head.withMethod { method in
            head.withPath { path in settings.match.matches(method: method, path: path) }
        }
    }
}
