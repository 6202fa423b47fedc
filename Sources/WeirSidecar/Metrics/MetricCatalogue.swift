internal import WeirMetrics

/// Every metric of Weir: its name, help and labels.
struct MetricCatalogue: Sendable {
    let registry = Registry()
    let circuitState: GaugeFamily
    let circuitTransitions: CounterFamily
    let circuitRejections: CounterFamily
    let requests: CounterFamily
    let failures: CounterFamily
    let hits: CounterFamily
    let wait: HistogramFamily
    let rejections: CounterFamily
    let usedRatio: GaugeFamily
    let queueLength: GaugeFamily
    let connections: GaugeFamily

    init() throws(MetricError) {
        let endpoint = ["upstream", "endpoint"]
        circuitState = try registry.gauges(
            "mm_circuit_state", help: "State of the circuit: 0 CLOSED, 1 OPEN, 2 HALF_OPEN.", labels: endpoint)
        circuitTransitions = try registry.counters(
            "mm_circuit_transitions_total", help: "Moves of the circuit from one state to another.",
            labels: endpoint + ["from", "to"])
        circuitRejections = try registry.counters(
            "mm_circuit_rejections_total", help: "Calls refused by the circuit.", labels: endpoint)
        requests = try registry.counters(
            "mm_api_requests_total", help: "Calls by how they ended for the caller.", labels: endpoint + ["outcome"])
        failures = try registry.counters(
            "mm_api_failures_total", help: "Attempts that failed, by code.", labels: endpoint + ["code"])
        hits = try registry.counters(
            "mm_rate_limit_hits_total",
            help: "Attempts not admitted at once because of a limit: they waited, or were refused.", labels: endpoint)
        wait = try registry.histograms(
            "mm_rate_limit_wait_ms", help: "Time in line of every admitted attempt, in milliseconds.",
            labels: endpoint,
            bounds: HistogramBounds(
                nanoseconds: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000].map { $0 * 1_000_000 },
                per: .millisecond))
        rejections = try registry.counters(
            "mm_rate_limit_rejections_total", help: "Calls refused by a limit or by the line, by reason.",
            labels: endpoint + ["reason"])
        usedRatio = try registry.gauges(
            "mm_rate_limit_used_ratio", help: "Share of the limit in use now, from 0 to 1.",
            labels: endpoint + ["limit"])
        queueLength = try registry.gauges(
            "mm_queue_length", help: "Calls in line, by class.", labels: ["upstream", "priority"])
        connections = try registry.gauges(
            "mm_upstream_connections", help: "Connections to the provider: in use, and ready.",
            labels: ["upstream", "state"])
        let build = try registry.gauges(
            "mm_build_info", help: "What this build is; always 1.", labels: ["version", "swift"])
        try build.series([Version.weir, Version.swift]).set(1)
    }
}
