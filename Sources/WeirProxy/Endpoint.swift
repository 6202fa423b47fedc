internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// One endpoint at work. Lives on its upstream's loop, and under its name through every change of the configuration.
final class Endpoint {
    /// Its place among the endpoints.
    private(set) var index: Int
    private(set) var settings: EndpointSettings
    /// Its circuit, which it may share with the whole upstream; nil where the breaker is off.
    private(set) var circuit: CircuitBreaker?
    private(set) var circuitSettings: CircuitSettings?
    private(set) var planner: RetryPlanner
    private(set) var emit: EventSink
    /// The most that one call can ever cost; nil without limits.
    private(set) var largestCost: Int?
    /// How the keys of its calls are made; nil where no limit of it is keyed.
    private(set) var keying: Keying?
    /// Attempts under way.
    var inFlight = 0
    /// Who has taken over its calls; nil while it is configured.
    private var successor: Endpoint?

    init(
        index: Int, settings: EndpointSettings, circuit: CircuitBreaker?, circuitSettings: CircuitSettings?,
        emit: @escaping EventSink
    ) {
        self.index = index
        self.settings = settings
        self.circuit = circuit
        self.circuitSettings = circuitSettings
        planner = RetryPlanner(settings.retry)
        self.emit = emit
    }

    /// Goes on as another endpoint is made.
    func follow(_ other: Endpoint) {
        index = other.index
        settings = other.settings
        circuit = other.circuit
        circuitSettings = other.circuitSettings
        planner = other.planner
        emit = other.emit
    }

    /// Notes what its limits ask of a call.
    func note(largestCost: Int?, keying: Keying?) {
        self.largestCost = largestCost
        self.keying = keying
    }

    /// Is configured no longer: its calls are those of another, which stays.
    func retire(into other: Endpoint) {
        successor = other
        other.inFlight += inFlight
        inFlight = 0
    }

    /// The endpoint whose calls its calls are now.
    var current: Endpoint { successor ?? self }

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

    /// Whether there may be another attempt after such an end of one.
    func retries(after failure: AttemptFailure) -> Bool {
        // Said of every answer: the planner, which would have to be copied, is asked about failures only.
        if case .status(let status, _) = failure, status < 400 { return false }
        return planner.isOn && planner.names(failure)
    }

    /// Whether a call belongs here.
    func matches(_ head: RequestHead) -> Bool {
        head.withMethod { method in
            head.withPath { path in settings.match.matches(method: method, path: path) }
        }
    }
}
