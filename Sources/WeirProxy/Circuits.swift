internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// The circuits of one provider: one for each endpoint, or one for all. Lives on the upstream's loop.
final class Circuits {
    /// The one for all endpoints; nil where each has its own, or none.
    private(set) var shared: CircuitBreaker?

    private var own: [String: CircuitBreaker] = [:]
    private var made: UInt64 = 0
    private let eventLoop: any EventLoop

    /// No circuits yet.
    init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Every circuit.
    var all: [CircuitBreaker] { shared.map { [$0] } ?? Array(own.values) }

    /// The circuit that guards the calls to an endpoint.
    func circuit(of endpoint: String) -> CircuitBreaker? {
        shared ?? own[endpoint]
    }

    /// Makes them those of `settings`. A circuit goes on, in the state in which it is, where the same endpoint, or the
    /// upstream as a whole, has one after the change as well.
    ///
    /// - Parameters:
    ///   - sinks: where the events of each endpoint's circuit go; those of one for all into `upstreamSink`.
    ///   - gate: told when a circuit opens.
    ///   - now: the present.
    func follow(
        _ settings: UpstreamSettings, sinks: [EventSink], upstreamSink: @escaping EventSink, gate: Gate, now: Instant
    ) {
        let former = (shared: shared, own: own)
        shared = nil
        own = [:]
        switch settings.breakerScope {
        case .upstream:
            guard let rules = settings.circuit else { break }
            let guarded = settings.endpoints.indices.filter { !settings.endpoints[$0].bypassesCircuit }
            shared = follow(former.shared, rules, emit: upstreamSink, guarding: Set(guarded), gate: gate, now: now)
        case .endpoint:
            for (index, endpoint) in settings.endpoints.enumerated() {
                guard let rules = endpoint.circuit else { continue }
                own[endpoint.name] = follow(
                    former.own[endpoint.name], rules, emit: sinks[index],
                    guarding: endpoint.bypassesCircuit ? [] : [index], gate: gate, now: now)
            }
        }
        if let gone = former.shared, gone !== shared { gone.onLoop { $0.shutDown() } }
        for (name, gone) in former.own where own[name] !== gone { gone.onLoop { $0.shutDown() } }
    }

    /// Leaves no timer behind.
    func shutDown() {
        for circuit in all { circuit.onLoop { $0.shutDown() } }
    }

    private func follow(
        _ former: CircuitBreaker?, _ rules: CircuitSettings, emit: @escaping EventSink, guarding endpoints: Set<Int>,
        gate: Gate, now: Instant
    ) -> CircuitBreaker {
        let breaker = former ?? make(rules, emit: emit)
        let bound = NIOLoopBound(gate, eventLoop: eventLoop)
        let eventLoop = eventLoop
        breaker.onLoop { circuit in
            circuit.whenOpened { [unowned breaker] in
                let now = eventLoop.instant
                let untilProbe = breaker.onLoop { $0.snapshot(now: now).untilNextProbe }
                bound.value.circuitOpened(endpoints: endpoints, retryAfter: untilProbe ?? .zero, now: now)
            }
            if former != nil { circuit.reconfigure(rules, emit: emit, now: now) }
        }
        return breaker
    }

    /// No permit of one circuit is worth anything to another, however they have moved.
    private func make(_ rules: CircuitSettings, emit: @escaping EventSink) -> CircuitBreaker {
        made += 1
        return CircuitBreaker(
            on: eventLoop, settings: rules, seed: .random(in: .min ... .max), firstGeneration: made << 32, emit: emit)
    }
}
