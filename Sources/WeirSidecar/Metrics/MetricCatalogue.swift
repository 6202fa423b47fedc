internal import WeirMetrics

/// Every metric of Weir, registered.
struct MetricCatalogue: Sendable {
    let registry: Registry
    let process: ProcessMetrics
    let circuitState: GaugeFamily
    let circuitTransitions: CounterFamily
    let circuitRejections: CounterFamily
    let requests: CounterFamily
    let failures: CounterFamily
    let duration: HistogramFamily
    let overhead: HistogramFamily
    let hits: CounterFamily
    let wait: HistogramFamily
    let rejections: CounterFamily
    let usedRatio: GaugeFamily
    let providerRemaining: GaugeFamily
    let drift: GaugeFamily
    let effectiveFactor: GaugeFamily
    let frozenSeconds: GaugeFamily
    let keys: GaugeFamily
    let keyEvictions: CounterFamily
    let queueLength: GaugeFamily
    let retries: CounterFamily
    let budgetExhausted: CounterFamily
    let connections: GaugeFamily
    let permitsOutstanding: GaugeFamily
    let permitsExpired: CounterFamily
    let sharedState: GaugeFamily
    let sharedFallbacks: CounterFamily
    let sharedRoundTrip: HistogramFamily
    let reloadSuccessful: Gauge
    let reloadTimestamp: Gauge

    init() throws(MetricError) {
        let registry = try Registry(droppedSeries: "mm_metrics_series_dropped_total")
        self.registry = registry
        circuitState = try registry.gauges(.circuitState)
        circuitTransitions = try registry.counters(.circuitTransitions)
        circuitRejections = try registry.counters(.circuitRejections)
        requests = try registry.counters(.requests)
        failures = try registry.counters(.failures)
        duration = try registry.histograms(.duration, unit: .second)
        overhead = try registry.histograms(.overhead, unit: .second)
        hits = try registry.counters(.hits)
        wait = try registry.histograms(.wait, unit: .millisecond)
        rejections = try registry.counters(.rejections)
        usedRatio = try registry.gauges(.usedRatio)
        providerRemaining = try registry.gauges(.providerRemaining)
        drift = try registry.gauges(.drift)
        effectiveFactor = try registry.gauges(.effectiveFactor)
        frozenSeconds = try registry.gauges(.frozenSeconds)
        keys = try registry.gauges(.keys)
        keyEvictions = try registry.counters(.keyEvictions)
        queueLength = try registry.gauges(.queueLength)
        retries = try registry.counters(.retries)
        budgetExhausted = try registry.counters(.budgetExhausted)
        connections = try registry.gauges(.connections)
        permitsOutstanding = try registry.gauges(.permitsOutstanding)
        permitsExpired = try registry.counters(.permitsExpired)
        sharedState = try registry.gauges(.sharedState)
        sharedFallbacks = try registry.counters(.sharedFallbacks)
        sharedRoundTrip = try registry.histograms(.sharedRoundTrip, unit: .second)
        reloadSuccessful = try registry.gauges(.reloadSuccessful).series([])
        reloadTimestamp = try registry.gauges(.reloadTimestamp).series([])
        try registry.gauges(.buildInfo).series([Version.weir, Version.swift]).set(1)
        process = try ProcessMetrics(registry)
    }
}

extension Registry {
    fileprivate func counters(_ metric: MetricDefinition) throws(MetricError) -> CounterFamily {
        try counters(metric.name, help: metric.help, labels: metric.labels)
    }

    fileprivate func gauges(_ metric: MetricDefinition) throws(MetricError) -> GaugeFamily {
        try gauges(metric.name, help: metric.help, labels: metric.labels)
    }

    fileprivate func histograms(
        _ metric: MetricDefinition, unit: HistogramBounds.Unit
    ) throws(MetricError) -> HistogramFamily {
        var bounds: [UInt64] = []
        if case .histogram(let buckets) = metric.kind {
            let scale = unit == .second ? 1e9 : 1e6
            bounds = buckets.map { UInt64(($0 * scale).rounded()) }
        }
        return try histograms(
            metric.name, help: metric.help, labels: metric.labels,
            bounds: HistogramBounds(nanoseconds: bounds, per: unit))
    }
}
