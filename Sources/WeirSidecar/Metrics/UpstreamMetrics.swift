internal import WeirCore
internal import WeirMetrics
internal import WeirProxy
internal import WeirRuntime

/// The series of one upstream: those of its endpoints, which events feed, and the gauges that are read off a snapshot
/// whenever somebody asks, since what they show changes with time alone.
struct UpstreamMetrics: Sendable {
    let endpoints: [String: EndpointMetrics]
    private let sharedCircuit: CircuitMetrics?
    private let usedRatio: [Gauge]
    private let endpointUsedRatio: [[Gauge]]
    private let queueLength: [Gauge]
    private let active: Gauge
    private let idle: Gauge

    init(_ catalogue: MetricCatalogue, _ settings: UpstreamSettings) throws(MetricError) {
        let upstream = settings.name
        let isShared = settings.breakerScope == .upstream
        sharedCircuit =
            isShared && settings.circuit != nil
            ? try CircuitMetrics(catalogue, upstream: upstream, endpoint: "") : nil
        var endpoints: [String: EndpointMetrics] = [:]
        var endpointUsedRatio: [[Gauge]] = []
        for endpoint in settings.endpoints {
            endpoints[endpoint.name] = try EndpointMetrics(
                catalogue, upstream: upstream, endpoint: endpoint.name,
                hasOwnCircuit: !isShared && endpoint.circuit != nil,
                isGuarded: isShared ? settings.circuit != nil : endpoint.circuit != nil)
            endpointUsedRatio.append(
                try Self.gauges(catalogue, upstream: upstream, endpoint: endpoint.name, endpoint.limits))
        }
        self.endpoints = endpoints
        self.endpointUsedRatio = endpointUsedRatio
        usedRatio = try Self.gauges(catalogue, upstream: upstream, endpoint: "", settings.limits)
        queueLength = try Priority.allCases.map { priority throws(MetricError) in
            try catalogue.queueLength.series([upstream, priority.name])
        }
        active = try catalogue.connections.series([upstream, "active"])
        idle = try catalogue.connections.series([upstream, "idle"])
    }

    /// What the events of an endpoint do ("" for the upstream's own circuit).
    func sink(endpoint: String) -> EventSink {
        if let metrics = endpoints[endpoint] { return { metrics.record($0) } }
        return { [sharedCircuit] event in
            if case .circuitMoved(let transition) = event { sharedCircuit?.moved(transition) }
        }
    }

    /// Sets the gauges to what a snapshot shows.
    func update(from snapshot: UpstreamSnapshot) {
        for (gauge, limit) in zip(usedRatio, snapshot.limits) { gauge.set(limit.usedRatio) }
        for (gauges, endpoint) in zip(endpointUsedRatio, snapshot.endpoints) {
            for (gauge, limit) in zip(gauges, endpoint.limits) { gauge.set(limit.usedRatio) }
        }
        for (gauge, length) in zip(queueLength, snapshot.line.lengthByPriority) { gauge.set(Double(length)) }
        active.set(Double(snapshot.connections.active))
        idle.set(Double(snapshot.connections.idle))
    }

    private static func gauges(
        _ catalogue: MetricCatalogue, upstream: String, endpoint: String, _ limits: [LimitSettings]
    ) throws(MetricError) -> [Gauge] {
        try limits.map { limit throws(MetricError) in
            try catalogue.usedRatio.series([upstream, endpoint, limit.name])
        }
    }
}

extension LimitSnapshot {
    /// The share in use, from 0 to 1.
    var usedRatio: Double {
        min(1, Double(used) / Double(max(1, capacity)))
    }
}
