internal import WeirCore
internal import WeirMetrics
internal import WeirProxy
internal import WeirRuntime

/// The series of one upstream: those of its endpoints, which events feed, and the gauges that are read off a snapshot
/// whenever somebody asks, since what they show changes with time alone.
struct UpstreamMetrics: Sendable {
    let endpoints: [String: EndpointMetrics]
    private let catalogue: MetricCatalogue
    private let name: String
    private let feedbackLimit: String?
    private let sharedCircuit: CircuitMetrics?
    private let limits: [LimitMetrics]
    private let endpointLimits: [[LimitMetrics]]
    private let frozen: Gauge
    private let endpointFrozen: [Gauge]
    private let queueLength: [Gauge]
    private let active: Gauge
    private let idle: Gauge
    private let permits: Gauge
    private let permitsExpired: Counter
    /// Where limits are shared by a fleet.
    private let sharedState: Gauge?
    private let sharedFallbacks: Counter?

    init(_ catalogue: MetricCatalogue, _ settings: UpstreamSettings) throws(MetricError) {
        let upstream = settings.name
        self.catalogue = catalogue
        name = upstream
        feedbackLimit = settings.feedback.limit
        let isShared = settings.breakerScope == .upstream
        sharedCircuit =
            isShared && settings.circuit != nil
            ? try CircuitMetrics(catalogue, upstream: upstream, endpoint: "") : nil
        var endpoints: [String: EndpointMetrics] = [:]
        var endpointLimits: [[LimitMetrics]] = []
        var endpointFrozen: [Gauge] = []
        for endpoint in settings.endpoints {
            endpoints[endpoint.name] = try EndpointMetrics(
                catalogue, upstream: upstream, endpoint: endpoint.name,
                hasOwnCircuit: !isShared && endpoint.circuit != nil,
                isGuarded: isShared ? settings.circuit != nil : endpoint.circuit != nil)
            endpointLimits.append(
                try endpoint.limits.map { limit throws(MetricError) in
                    try LimitMetrics(catalogue, upstream: upstream, endpoint: endpoint.name, limit)
                })
            endpointFrozen.append(try catalogue.frozenSeconds.series([upstream, endpoint.name]))
        }
        self.endpoints = endpoints
        self.endpointLimits = endpointLimits
        self.endpointFrozen = endpointFrozen
        frozen = try catalogue.frozenSeconds.series([upstream, ""])
        limits = try settings.limits.map { limit throws(MetricError) in
            try LimitMetrics(catalogue, upstream: upstream, endpoint: "", limit)
        }
        queueLength = try Priority.allCases.map { priority throws(MetricError) in
            try catalogue.queueLength.series([upstream, priority.name])
        }
        active = try catalogue.connections.series([upstream, "active"])
        idle = try catalogue.connections.series([upstream, "idle"])
        permits = try catalogue.permitsOutstanding.series([upstream])
        permitsExpired = try catalogue.permitsExpired.series([upstream])
        sharedState = settings.sharesLimits ? try catalogue.sharedState.series([upstream]) : nil
        sharedFallbacks = settings.sharesLimits ? try catalogue.sharedFallbacks.series([upstream]) : nil
    }

    /// What the events of an endpoint do ("" for the upstream itself).
    func sink(endpoint: String) -> EventSink {
        if let metrics = endpoints[endpoint] { return { metrics.record($0) } }
        return { [sharedCircuit, permitsExpired, sharedFallbacks] event in
            switch event {
            case .circuitMoved(let transition): sharedCircuit?.moved(transition)
            case .permitExpired: permitsExpired.increment()
            case .fleetLost: sharedFallbacks?.increment()
            default: break
            }
        }
    }

    /// Sets the gauges to what a snapshot shows.
    func update(from snapshot: UpstreamSnapshot) {
        update(limits, from: snapshot.limits)
        sharedCircuit?.show(snapshot.circuit)
        frozen.set(snapshot.line.frozen.secondsLeft)
        updateProvider(snapshot.provider, endpoint: "")
        for (place, endpoint) in snapshot.endpoints.enumerated() where endpointLimits.indices.contains(place) {
            update(endpointLimits[place], from: endpoint.limits)
            endpoints[endpoint.settings.name]?.show(endpoint.circuit)
            endpointFrozen[place].set(endpoint.frozen.secondsLeft)
            updateProvider(endpoint.provider, endpoint: endpoint.settings.name)
        }
        for (gauge, length) in zip(queueLength, snapshot.line.lengthByPriority) { gauge.set(Double(length)) }
        active.set(Double(snapshot.connections.active))
        idle.set(Double(snapshot.connections.idle))
        permits.set(Double(snapshot.permits))
        sharedState?.set(snapshot.isWithFleet == true ? 1 : 0)
    }

    private func update(_ metrics: [LimitMetrics], from snapshots: [LimitSnapshot]) {
        for (place, metrics) in metrics.enumerated() {
            metrics.update(from: snapshots.indices.contains(place) ? snapshots[place] : nil)
        }
    }

    /// Series of what a provider says come into being when it has said it.
    private func updateProvider(_ view: ProviderView?, endpoint: String) {
        guard let said = view?.said else { return }
        try? catalogue.providerRemaining.series([name, endpoint]).set(Double(said.remaining))
        if let drift = view?.drift, let feedbackLimit {
            try? catalogue.drift.series([name, feedbackLimit]).set(Double(drift))
        }
    }
}

extension HoldSnapshot? {
    fileprivate var secondsLeft: Double {
        self?.left.inSeconds ?? 0
    }
}
