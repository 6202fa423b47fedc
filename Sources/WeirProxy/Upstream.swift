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
    let writer: RequestWriter
    private let limiter: RateLimiter
    private let pool: UpstreamPool
    private let circuits: [(breaker: CircuitBreaker, endpoints: Set<Int>)]
    private let sharedCircuit: CircuitBreaker?

    /// Sets the provider up on `eventLoop`; must be called there.
    ///
    /// - Parameters:
    ///   - sink: makes the sink for the events of an endpoint (its name, or "" for the upstream itself).
    ///   - seed: feeds the jitter of growing cooldowns.
    /// - Throws: where the trust roots cannot be read.
    package init(
        _ settings: UpstreamSettings, on eventLoop: any EventLoop, seed: UInt64, sink: (String) -> EventSink
    ) throws {
        self.settings = settings
        let sinks = settings.endpoints.map { sink($0.name) }
        let control = AdmissionControl(
            shared: settings.limits, endpoints: settings.endpoints.map(\.limits), maxLength: settings.line.maxLength,
            shares: settings.endpoints.map(\.line.maxLength))
        limiter = RateLimiter(on: eventLoop, control: control, sinks: sinks)

        let isShared = settings.breakerScope == .upstream
        sharedCircuit =
            isShared
            ? settings.circuit.map { CircuitBreaker(on: eventLoop, settings: $0, seed: seed, emit: sink("")) } : nil
        var endpoints: [Endpoint] = []
        for (index, endpoint) in settings.endpoints.enumerated() {
            let rules = isShared ? settings.circuit : endpoint.circuit
            let circuit =
                isShared
                ? sharedCircuit
                : rules.map {
                    CircuitBreaker(on: eventLoop, settings: $0, seed: seed &+ UInt64(index), emit: sinks[index])
                }
            endpoints.append(
                Endpoint(
                    index: index, settings: endpoint, circuit: circuit, circuitSettings: rules,
                    largestCost: control.largestCost(of: index), emit: sinks[index]))
        }
        self.endpoints = endpoints
        if let sharedCircuit {
            circuits = [(sharedCircuit, Set(endpoints.filter { !$0.settings.bypassesCircuit }.map(\.index)))]
        } else {
            circuits = endpoints.compactMap { endpoint in
                endpoint.circuit.map { ($0, endpoint.settings.bypassesCircuit ? [] : [endpoint.index]) }
            }
        }

        let connector = try UpstreamConnector(
            url: settings.url, caFile: settings.caFile, timeout: settings.timeouts.connect, eventLoop: eventLoop)
        pool = UpstreamPool(settings: settings.pool, connector: connector)
        gate = Gate(limiter: limiter, pool: pool, eventLoop: eventLoop)
        writer = RequestWriter(
            authority: settings.url.authority, pathPrefix: settings.url.pathPrefix,
            preserveHost: settings.preserveHost,
            setFields: settings.requestHeaders.map { (name: $0.name, value: $0.value) })
        watchCircuits(on: eventLoop)
    }

    /// Refuses everyone in line as `draining`; idle connections close, the others once they are done.
    func drain() {
        limiter.assumeIsolated { $0.shutDown() }
        for circuit in circuits { circuit.breaker.assumeIsolated { $0.shutDown() } }
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
        let admission = limiter.assumeIsolated { $0.snapshot(now: now) }
        var limits = admission.limits[...]
        let shared = limits.prefix(settings.limits.count)
        limits = limits.dropFirst(settings.limits.count)
        var rows: [UpstreamSnapshot.Endpoint] = []
        for endpoint in endpoints {
            let own = limits.prefix(endpoint.settings.limits.count)
            limits = limits.dropFirst(endpoint.settings.limits.count)
            let circuit = sharedCircuit == nil ? endpoint.circuit : nil
            rows.append(
                .init(
                    settings: endpoint.settings, circuit: circuit?.assumeIsolated { $0.snapshot(now: now) },
                    limits: Array(own), inFlight: endpoint.inFlight))
        }
        return UpstreamSnapshot(
            takenAt: now, circuit: sharedCircuit?.assumeIsolated { $0.snapshot(now: now) }, limits: Array(shared),
            line: admission, connections: pool.counts, endpoints: rows)
    }

    private func watchCircuits(on eventLoop: any EventLoop) {
        for (breaker, endpoints) in circuits {
            let bound = NIOLoopBound(WeakUpstream(upstream: self), eventLoop: eventLoop)
            breaker.assumeIsolated { circuit in
                circuit.whenOpened { [weak breaker] in
                    guard let breaker, let upstream = bound.value.upstream else { return }
                    let now = eventLoop.instant
                    let untilProbe = breaker.assumeIsolated { $0.snapshot(now: now).untilNextProbe }
                    upstream.gate.circuitOpened(endpoints: endpoints, retryAfter: untilProbe ?? .zero, now: now)
                }
            }
        }
    }
}

private struct WeakUpstream {
    weak var upstream: Upstream?
}

/// What one provider's policies show of themselves at one moment.
package struct UpstreamSnapshot: Sendable {
    /// One endpoint's part.
    package struct Endpoint: Sendable {
        /// What is configured.
        package let settings: EndpointSettings
        /// Its own circuit; nil where it is off or shared.
        package let circuit: CircuitSnapshot?
        /// Its own limits.
        package let limits: [LimitSnapshot]
        /// Attempts under way.
        package let inFlight: Int
    }

    /// When it was taken, on the loop's clock.
    package let takenAt: Instant
    /// The circuit that all endpoints share; nil where each has its own.
    package let circuit: CircuitSnapshot?
    /// The limits that all endpoints share.
    package let limits: [LimitSnapshot]
    /// The line.
    package let line: AdmissionSnapshot
    /// Connections to the provider.
    package let connections: (active: Int, idle: Int)
    /// Every endpoint, `other` last.
    package let endpoints: [Endpoint]
}
