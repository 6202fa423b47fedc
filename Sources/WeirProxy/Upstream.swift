package import NIOCore
package import WeirCore
internal import WeirHTTP
package import WeirRuntime

/// One provider at work: its limits and line, circuits, connections and gate, all on the loop of its listener.
package final class Upstream {
    /// What is configured.
    package let settings: UpstreamSettings
    let endpoints: [Endpoint]
    let gate: Gate
    let signals: ProviderSignals
    let retries: Retries
    let permits: Permits
    let writer: RequestWriter
    /// The name in `Via`; nil: none is added.
    let viaName: String?
    /// The wall clock (since 1970) less the loop's, as it was last told.
    private(set) var wallOffset: TimeSpan
    private let eventLoop: any EventLoop
    private let limiter: RateLimiter
    private let pool: UpstreamPool
    private let circuits: [(breaker: CircuitBreaker, endpoints: Set<Int>)]
    private let sharedCircuit: CircuitBreaker?

    /// Sets the provider up on `eventLoop`; must be called there.
    ///
    /// - Parameters:
    ///   - wallOffset: the wall clock (since 1970) less the loop's.
    ///   - memory: what it was before a restart, and where that is kept; nil: it begins anew.
    ///   - sink: makes the sink for the events of an endpoint (its name, or "" for the upstream itself).
    /// - Throws: where the trust roots cannot be read.
    package init(
        _ settings: UpstreamSettings, on eventLoop: any EventLoop, wallOffset: TimeSpan,
        memory: (any UpstreamMemory)? = nil, sink: (String) -> EventSink
    ) throws {
        self.settings = settings
        self.eventLoop = eventLoop
        self.wallOffset = wallOffset
        let own = settings.acting
        let sinks = own.endpoints.map { sink($0.name) }
        let upstreamSink = sink("")
        let control = AdmissionControl(
            shared: own.limits, endpoints: own.endpoints.map(\.limits), maxLength: own.line.maxLength,
            shares: own.endpoints.map(\.line.maxLength), mode: own.mode == .shadow ? .shadow : .enforce,
            keySeed: memory?.keySeed ?? KeySeed(.random(in: .min ... .max), .random(in: .min ... .max)))
        limiter = RateLimiter(on: eventLoop, control: control, sinks: sinks, upstreamSink: upstreamSink)
        limiter.onLoop { $0.setWallOffset(wallOffset, now: eventLoop.instant) }

        let isShared = own.breakerScope == .upstream
        let breaker = { (rules: CircuitSettings, emit: @escaping EventSink) in
            CircuitBreaker(on: eventLoop, settings: rules, seed: .random(in: .min ... .max), emit: emit)
        }
        sharedCircuit = isShared ? own.circuit.map { breaker($0, upstreamSink) } : nil
        var endpoints: [Endpoint] = []
        for (index, endpoint) in own.endpoints.enumerated() {
            let rules = isShared ? own.circuit : endpoint.circuit
            let circuit = isShared ? sharedCircuit : rules.map { breaker($0, sinks[index]) }
            endpoints.append(
                Endpoint(
                    index: index, settings: endpoint, circuit: circuit, circuitSettings: rules, control: control,
                    emit: sinks[index]))
        }
        self.endpoints = endpoints
        if let sharedCircuit {
            circuits = [(sharedCircuit, Set(endpoints.filter { !$0.settings.bypassesCircuit }.map(\.index)))]
        } else {
            circuits = endpoints.compactMap { endpoint in
                endpoint.circuit.map { ($0, endpoint.settings.bypassesCircuit ? [] : [endpoint.index]) }
            }
        }

        signals = ProviderSignals(
            own, endpoints: endpoints, control: control, upstreamSink: upstreamSink, limiter: limiter,
            eventLoop: eventLoop)
        retries = Retries(own.retry.budget, on: eventLoop)
        permits = Permits(
            of: settings.name, limiter: limiter, signals: signals, upstreamSink: upstreamSink, eventLoop: eventLoop)
        let connector = try UpstreamConnector(
            url: settings.url, caFile: settings.caFile, timeout: settings.timeouts.connect,
            addressLifetime: settings.pool.dnsTTL, eventLoop: eventLoop)
        pool = UpstreamPool(settings: settings.pool, connector: connector)
        gate = Gate(
            limiter: limiter, pool: pool, signals: signals, isEnforcing: own.mode == .enforce, eventLoop: eventLoop)
        viaName = settings.via ? "weir" : nil
        writer = RequestWriter(
            authority: settings.url.authority, pathPrefix: settings.url.pathPrefix,
            preserveHost: settings.preserveHost,
            setFields: settings.requestHeaders.map { (name: $0.name, value: $0.value) }, via: viaName)
        watchCircuits()
        if let memory { remember(memory, now: eventLoop.instant) }
    }

    /// Goes on where the process before left off, and has kept what happens from here on.
    private func remember(_ memory: any UpstreamMemory, now: Instant) {
        let past = memory.recall(now: now)
        limiter.onLoop { limiter in
            limiter.restore(past.limits, now: now)
            limiter.keep(memory.journal { limiter.slot(of: $0, limit: $1) })
            for stop in past.stops { limiter.freeze(stop.scope, until: stop.until, isBan: stop.isBan, now: now) }
        }
        for stop in past.stops { signals.remember(stopUntil: stop.until) }
        if let sharedCircuit {
            let journal = memory.circuitJournal(endpoint: nil)
            return sharedCircuit.onLoop { $0.keep(past.circuit, now: now, in: journal) }
        }
        for endpoint in endpoints {
            let record = past.endpointCircuits[endpoint.index]
            let journal = memory.circuitJournal(endpoint: endpoint.index)
            endpoint.circuit?.onLoop { $0.keep(record, now: now, in: journal) }
        }
    }

    /// Whether its policies act, rather than being watched or off.
    var isEnforcing: Bool { settings.mode == .enforce }

    /// The loop's clock.
    var now: Instant { eventLoop.instant }

    /// What only the machine knows, told about once a second: the wall clock less the loop's, and how busy the
    /// processors and the memory are (shares, 0...1; nil: not known).
    package func observe(wallOffset: TimeSpan, load: (cpu: Double, memory: Double)?) {
        let now = now
        self.wallOffset = wallOffset
        limiter.onLoop { $0.setWallOffset(wallOffset, now: now) }
        if let load { signals.observeHost(cpu: load.cpu, memory: load.memory, now: now) }
    }

    /// Forces the circuit of an endpoint, or (nil) the upstream's own or else all of its endpoints'; nil for the state lifts
    /// that. Returns false where there is no such circuit.
    package func force(_ state: ForcedCircuitState?, endpoint: String?) -> Bool {
        let now = now
        var forced = circuits.map(\.breaker)
        if let endpoint {
            let own = sharedCircuit == nil ? self.endpoint(named: endpoint)?.circuit : nil
            forced = own.map { [$0] } ?? []
        }
        for breaker in forced { breaker.onLoop { $0.force(state, now: now) } }
        return !forced.isEmpty
    }

    /// Forgets what was used of a limit, of an endpoint or (nil) of the upstream: of one key, in one tier or in all, or of
    /// everything. Returns false where there is no such limit, or it has no such key or tier.
    package func resetLimit(_ name: String, endpoint: String?, key: String?, tier: String?) -> Bool {
        let now = now
        let place = endpoint.map { self.endpoint(named: $0)?.index }
        if let place, place == nil { return false }
        return limiter.onLoop { limiter in
            guard let limit = limiter.limit(named: name, endpoint: place ?? nil) else { return false }
            return limiter.reset(limit, key: key.map { [$0] }, tier: tier, now: now)
        }
    }

    /// Refuses everyone in line and in backoff as `draining`; idle connections close, the others once they are done.
    func drain() {
        limiter.onLoop { $0.shutDown() }
        retries.refuseAll(Refusal(.draining))
        signals.shutDown()
        for circuit in circuits { circuit.breaker.onLoop { $0.shutDown() } }
        pool.close()
    }

    /// The endpoint that a call belongs to: the first that matches; the last matches everything.
    func endpoint(for head: RequestHead) -> Endpoint {
        for endpoint in endpoints.dropLast() where endpoint.matches(head) { return endpoint }
        return endpoints[endpoints.count - 1]
    }

    /// The endpoint of that name.
    func endpoint(named name: String) -> Endpoint? {
        endpoints.first { $0.settings.name == name }
    }

    /// What the provider's policies show of themselves at `now`.
    package func snapshot(now: Instant) -> UpstreamSnapshot {
        let admission = limiter.onLoop { $0.snapshot(now: now) }
        let shared = admission.limits.count - endpoints.map(\.settings.limits.count).reduce(0, +)
        var limits = admission.limits.dropFirst(shared)
        let views = signals.views
        var rows: [UpstreamSnapshot.Endpoint] = []
        for endpoint in endpoints {
            let own = limits.prefix(endpoint.settings.limits.count)
            limits = limits.dropFirst(endpoint.settings.limits.count)
            let circuit = sharedCircuit == nil ? endpoint.circuit : nil
            rows.append(
                .init(
                    settings: endpoint.settings, circuit: circuit?.onLoop { $0.snapshot(now: now) },
                    limits: Array(own), provider: views.endpoints[endpoint.index],
                    frozen: admission.frozenEndpoints[endpoint.index], inFlight: endpoint.inFlight))
        }
        return UpstreamSnapshot(
            takenAt: now, wallOffset: wallOffset, circuit: sharedCircuit?.onLoop { $0.snapshot(now: now) },
            limits: Array(admission.limits.prefix(shared)), provider: views.upstream, line: admission,
            retryBudget: isEnforcing ? retries.remaining(now: now) : nil, permits: permits.count,
            connections: pool.counts, endpoints: rows)
    }

    private func watchCircuits() {
        for (breaker, endpoints) in circuits {
            let bound = NIOLoopBound(gate, eventLoop: eventLoop)
            let eventLoop = eventLoop
            breaker.onLoop { circuit in
                circuit.whenOpened { [unowned breaker] in
                    let now = eventLoop.instant
                    let untilProbe = breaker.onLoop { $0.snapshot(now: now).untilNextProbe }
                    bound.value.circuitOpened(endpoints: endpoints, retryAfter: untilProbe ?? .zero, now: now)
                }
            }
        }
    }
}

extension UpstreamSettings {
    /// The settings that act: with `mode: off` those without policies.
    package var acting: UpstreamSettings { mode == .off ? withoutPolicies : self }

    /// The same provider without limits, circuits, retries and feedback: what `mode: off` means.
    fileprivate var withoutPolicies: UpstreamSettings {
        var plain = self
        plain.limits = []
        plain.circuit = nil
        plain.retry.maxAttempts = 1
        plain.feedback = FeedbackSettings()
        plain.feedback.headers = .none
        plain.feedback.banStatuses = []
        plain.feedback.shrinkOn429 = 1
        plain.expires = nil
        for place in plain.endpoints.indices {
            plain.endpoints[place].limits = []
            plain.endpoints[place].circuit = nil
            plain.endpoints[place].retry.maxAttempts = 1
        }
        return plain
    }
}
