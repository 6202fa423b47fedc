package import NIOCore
package import WeirCore
internal import WeirHTTP
package import WeirRuntime

/// One provider at work: its limits and line, circuits, connections and gate, all on the loop of its listener.
package final class Upstream {
    /// What is configured.
    package internal(set) var settings: UpstreamSettings
    private(set) var endpoints: [Endpoint] = []
    let gate: Gate
    let signals: ProviderSignals
    let retries: Retries
    let permits: Permits
    var writer: RequestWriter
    /// The name in `Via`; nil: none is added.
    var viaName: String?
    /// Counts the configurations: what was read of a call under another may mean something else now.
    var generation: UInt32 = 0
    /// The wall clock (since 1970) less the loop's, as it was last told.
    private(set) var wallOffset: TimeSpan
    let eventLoop: any EventLoop
    let limiter: RateLimiter
    let circuits: Circuits
    var pool: UpstreamPool
    /// The pools of the places where it was, for as long as connections to there are in use.
    var formerPools: [UpstreamPool] = []
    /// Calls, and wishes for a permit, that have begun and not ended.
    private(set) var calls = 0
    /// Who shares the limits that say so; nil: nobody.
    let fleet: UpstreamFleet?
    /// What carries the words to the fleet and back; nil where no limit is shared.
    var carrier: (any FleetCarrier)?
    /// The limits for which it was made.
    var sharedNames: [String] = []
    /// Called when the last call has ended; nil: it goes on.
    var retired: (() -> Void)?

    /// Sets the provider up on `eventLoop`; must be called there.
    ///
    /// - Parameters:
    ///   - place: where it is.
    ///   - wallOffset: the wall clock (since 1970) less the loop's.
    ///   - memory: what it was before a restart, and where that is kept; nil: it begins anew.
    ///   - fleet: who shares the limits that say so; nil: nobody.
    ///   - sink: makes the sink for the events of an endpoint (its name, or "" for the upstream itself).
    package init(
        _ settings: UpstreamSettings, place: UpstreamPlace, on eventLoop: any EventLoop, wallOffset: TimeSpan,
        memory: (any UpstreamMemory)? = nil, fleet: UpstreamFleet? = nil, sink: (String) -> EventSink
    ) {
        self.settings = settings
        self.eventLoop = eventLoop
        self.wallOffset = wallOffset
        self.fleet = fleet
        let acting = settings.acting
        let sinks = acting.endpoints.map { sink($0.name) }
        let upstreamSink = sink("")
        let control = AdmissionControl(
            shared: acting.limits, endpoints: acting.endpoints.map(\.limits), maxLength: acting.line.maxLength,
            shares: acting.endpoints.map(\.line.maxLength), mode: acting.admissionMode,
            keySeed: memory?.keySeed ?? KeySeed(.random(in: .min ... .max), .random(in: .min ... .max)),
            fleet: Self.fleetStart(fleet, acting, now: eventLoop.instant))
        limiter = RateLimiter(on: eventLoop, control: control, sinks: sinks, upstreamSink: upstreamSink)
        limiter.onLoop { $0.setWallOffset(wallOffset, now: eventLoop.instant) }
        signals = ProviderSignals(
            acting, sinks: sinks, upstreamSink: upstreamSink, limiter: limiter, eventLoop: eventLoop)
        retries = Retries(acting.retry.budget, on: eventLoop)
        permits = Permits(
            of: settings.name, limiter: limiter, signals: signals, upstreamSink: upstreamSink, eventLoop: eventLoop)
        pool = Self.pool(of: settings, at: place, on: eventLoop)
        gate = Gate(
            limiter: limiter, pool: pool, signals: signals, isEnforcing: acting.mode == .enforce, eventLoop: eventLoop)
        circuits = Circuits(on: eventLoop)
        (viaName, writer) = Self.writer(of: settings)
        arrange(acting, sinks: sinks, upstreamSink: upstreamSink, now: eventLoop.instant)
        if let memory { remember(memory, now: eventLoop.instant) }
        joinFleet()
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
        keepCircuits(in: memory, shared: past.circuit, own: past.endpointCircuits, now: now)
    }

    /// Has what becomes of the circuits kept from here on. Those of which there is a record are as it says.
    func keepCircuits(
        in memory: any UpstreamMemory, shared: CircuitRecord? = nil, own: [CircuitRecord?] = [], now: Instant
    ) {
        if let circuit = circuits.shared {
            let journal = memory.circuitJournal(endpoint: nil)
            return circuit.onLoop { $0.keep(shared, now: now, in: journal) }
        }
        for endpoint in endpoints {
            let record = own.indices.contains(endpoint.index) ? own[endpoint.index] : nil
            let journal = memory.circuitJournal(endpoint: endpoint.index)
            endpoint.circuit?.onLoop { $0.keep(record, now: now, in: journal) }
        }
    }

    /// Makes the circuits and endpoints those of `acting`, after the limiter. Endpoints go on under their name.
    func arrange(_ acting: UpstreamSettings, sinks: [EventSink], upstreamSink: @escaping EventSink, now: Instant) {
        circuits.follow(acting, sinks: sinks, upstreamSink: upstreamSink, gate: gate, now: now)
        let former = endpoints
        endpoints = acting.endpoints.enumerated().map { index, settings in
            let made = Endpoint(
                index: index, settings: settings, circuit: circuits.circuit(of: settings.name),
                circuitSettings: circuits.shared == nil ? settings.circuit : acting.circuit, emit: sinks[index])
            guard let old = former.first(where: { $0.settings.name == settings.name }) else { return made }
            old.follow(made)
            return old
        }
        for endpoint in endpoints {
            let index = endpoint.index
            let (largestCost, keying) = limiter.onLoop { ($0.largestCost(of: index), $0.keying(of: index)) }
            endpoint.note(largestCost: largestCost, keying: keying)
        }
        let last = endpoints[endpoints.count - 1]
        for gone in former where !endpoints.contains(where: { $0 === gone }) { gone.retire(into: last) }
    }

    static func pool(of settings: UpstreamSettings, at place: UpstreamPlace, on loop: any EventLoop) -> UpstreamPool {
        let connector = UpstreamConnector(
            to: place, timeout: settings.timeouts.connect, addressLifetime: settings.pool.dnsTTL, eventLoop: loop)
        return UpstreamPool(settings: settings.pool, connector: connector)
    }

    static func writer(of settings: UpstreamSettings) -> (via: String?, writer: RequestWriter) {
        let via = settings.via ? "weir" : nil
        let writer = RequestWriter(
            authority: settings.url.authority, pathPrefix: settings.url.pathPrefix,
            preserveHost: settings.preserveHost,
            setFields: settings.requestHeaders.map { (name: $0.name, value: $0.value) }, via: via)
        return (via, writer)
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
        var forced = circuits.all
        if let endpoint {
            let own = circuits.shared == nil ? circuits.circuit(of: endpoint) : nil
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
    package func drain() {
        limiter.onLoop { $0.shutDown() }
        leaveFleet()
        retries.refuseAll(Refusal(.draining))
        signals.shutDown()
        circuits.shutDown()
        pool.close()
    }

    /// A call has come.
    func callBegan() {
        calls += 1
    }

    /// A call has ended.
    func callEnded() {
        calls -= 1
        if calls == 0 { endIfRetired() }
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
            let circuit = circuits.shared == nil ? endpoint.circuit : nil
            rows.append(
                .init(
                    settings: endpoint.settings, circuit: circuit?.onLoop { $0.snapshot(now: now) },
                    limits: Array(own), provider: views.endpoints[endpoint.index],
                    frozen: admission.frozenEndpoints[endpoint.index], inFlight: endpoint.inFlight))
        }
        return UpstreamSnapshot(
            takenAt: now, wallOffset: wallOffset, circuit: circuits.shared?.onLoop { $0.snapshot(now: now) },
            limits: Array(admission.limits.prefix(shared)), provider: views.upstream, line: admission,
            retryBudget: isEnforcing ? retries.remaining(now: now) : nil, permits: permits.count,
            connections: connections, endpoints: rows)
    }

    /// Connections in use, those to a place where it was included, and ready ones.
    private var connections: (active: Int, idle: Int) {
        formerPools.removeAll { $0.counts.active == 0 }
        return (formerPools.reduce(pool.counts.active) { $0 + $1.counts.active }, pool.counts.idle)
    }
}

extension UpstreamSettings {
    /// What acts of the settings: with `mode: off` no policy does.
    package var acting: UpstreamSettings { mode == .off ? withoutPolicies : self }

    /// Whether calls are held to the limits.
    var admissionMode: AdmissionMode { mode == .shadow ? .shadow : .enforce }

    /// The same provider without limits, circuits, retries and feedback: what `mode: off` means.
    private var withoutPolicies: UpstreamSettings {
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
