internal import WeirCore
internal import WeirMetrics
internal import WeirProxy

/// The series of an upstream that another configuration has no use for.
///
/// Names that go on keep their series, and so go on counting. A limit that counts otherwise from now on begins anew.
struct GoneSeries {
    private let upstream: String
    private let isUpstreamGone: Bool
    private var endpoints: [String] = []
    private var circuits: [String] = []
    private var guarded: [String] = []
    private var limits: [(endpoint: String, limit: String)] = []
    private var isProviderGone = false

    /// What goes with the change from one version of an upstream to another (nil: none).
    init(_ former: UpstreamSettings, _ changed: UpstreamSettings?) {
        upstream = former.name
        guard let changed else {
            isUpstreamGone = true
            return
        }
        isUpstreamGone = false
        let names = Set(changed.endpoints.map(\.name))
        endpoints = former.endpoints.map(\.name).filter { !names.contains($0) }
        circuits = former.circuits.filter { !changed.circuits.contains($0) }
        guarded = former.guarded.filter { !changed.guarded.contains($0) }
        isProviderGone = former.feedback.limit != changed.feedback.limit || changed.mode == .off
        noteLimits(former.limits, changed.limits, endpoint: "")
        for endpoint in former.endpoints {
            guard let same = changed.endpoints.first(where: { $0.name == endpoint.name }) else { continue }
            noteLimits(endpoint.limits, same.limits, endpoint: endpoint.name)
        }
    }

    /// Removes what is gone, before the series of the other configuration are made.
    func remove(from catalogue: MetricCatalogue) {
        for circuit in circuits {
            let labels = ["upstream": upstream, "endpoint": circuit]
            catalogue.circuitState.remove(matching: labels)
            catalogue.circuitTransitions.remove(matching: labels)
        }
        for endpoint in guarded {
            catalogue.circuitRejections.remove(matching: ["upstream": upstream, "endpoint": endpoint])
        }
        for (endpoint, limit) in limits {
            catalogue.registry.removeSeries(matching: ["upstream": upstream, "endpoint": endpoint, "limit": limit])
        }
        removeRest(from: catalogue)
    }

    /// Removes what a scrape may have brought back since, up to the change itself.
    func removeRest(from catalogue: MetricCatalogue) {
        if isUpstreamGone { catalogue.registry.removeSeries(matching: ["upstream": upstream]) }
        for endpoint in endpoints {
            catalogue.registry.removeSeries(matching: ["upstream": upstream, "endpoint": endpoint])
        }
        if isProviderGone {
            catalogue.providerRemaining.remove(matching: ["upstream": upstream])
            catalogue.drift.remove(matching: ["upstream": upstream])
        }
    }

    private mutating func noteLimits(_ former: [LimitSettings], _ changed: [LimitSettings], endpoint: String) {
        for limit in former where !changed.contains(where: { $0.continues(limit) }) {
            limits.append((endpoint, limit.name))
        }
    }
}

extension UpstreamSettings {
    /// The `endpoint` labels of its circuits.
    fileprivate var circuits: [String] {
        switch breakerScope {
        case .upstream: circuit == nil ? [] : [""]
        case .endpoint: endpoints.filter { $0.circuit != nil }.map(\.name)
        }
    }

    /// The endpoints whose calls a circuit may refuse.
    fileprivate var guarded: [String] {
        switch breakerScope {
        case .upstream: circuit == nil ? [] : endpoints.map(\.name)
        case .endpoint: endpoints.filter { $0.circuit != nil }.map(\.name)
        }
    }
}
