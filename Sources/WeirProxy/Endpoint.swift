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
    let emit: EventSink
    /// The most that one call can ever cost; nil without limits.
    let largestCost: Int?
    /// Attempts under way.
    var inFlight = 0

    init(
        index: Int, settings: EndpointSettings, circuit: CircuitBreaker?, circuitSettings: CircuitSettings?,
        largestCost: Int?, emit: @escaping EventSink
    ) {
        self.index = index
        self.settings = settings
        self.circuit = circuit
        self.circuitSettings = circuitSettings
        self.largestCost = largestCost
        self.emit = emit
    }

    /// Tells the circuit what became of an attempt; without a permit there is nothing to tell.
    func report(_ permit: CircuitPermit?, _ outcome: Outcome, now: Instant) {
        guard let permit, let circuit else { return }
        circuit.assumeIsolated { $0.report(permit, outcome, now: now) }
    }

    /// Whether a call belongs here.
    func matches(_ head: RequestHead) -> Bool {
        if let method = settings.match.method, !head.withMethod({ $0.isEqual(to: method) }) { return false }
        guard let path = settings.match.path else { return true }
        return head.withPath { path.matches($0) }
    }
}

extension Span<UInt8> {
    fileprivate func isEqual(to text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == count else { return false }
        var index = 0
        for byte in bytes {
            if byte != self[index] { return false }
            index += 1
        }
        return true
    }
}
