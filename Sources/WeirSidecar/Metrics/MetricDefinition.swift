internal import WeirMetrics

/// What one metric is: the one source of its registration and of `docs/metrics.md`.
package struct MetricDefinition: Sendable {
    /// Its type.
    package enum Kind: Sendable {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts by size; the buckets' upper bounds as they are printed.
        case histogram(buckets: [Double])
    }

    /// Its name.
    package let name: String
    /// Its type.
    package let kind: Kind
    /// The labels of its series.
    package let labels: [String]
    /// What it tells.
    package let help: String

    init(_ name: String, _ kind: Kind, _ labels: [String], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}

extension MetricDefinition {
    private static let endpoint = ["upstream", "endpoint"]

    static let circuitState = MetricDefinition(
        "mm_circuit_state", .gauge, endpoint, "State of the circuit: 0 CLOSED, 1 OPEN, 2 HALF_OPEN.")
    static let circuitTransitions = MetricDefinition(
        "mm_circuit_transitions_total", .counter, endpoint + ["from", "to"],
        "Moves of the circuit from one state to another.")
    static let circuitRejections = MetricDefinition(
        "mm_circuit_rejections_total", .counter, endpoint, "Calls refused by the circuit.")
    static let requests = MetricDefinition(
        "mm_api_requests_total", .counter, endpoint + ["outcome"], "Calls by how they ended for the caller.")
    static let failures = MetricDefinition(
        "mm_api_failures_total", .counter, endpoint + ["code"], "Attempts that failed, by code.")
    static let duration = MetricDefinition(
        "mm_api_request_duration_seconds",
        .histogram(buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]), endpoint,
        "Length of an attempt, from sending to the end of the response.")
    static let overhead = MetricDefinition(
        "mm_api_overhead_seconds",
        .histogram(buckets: [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1]),
        ["upstream"],
        "Time that a forwarded call spent in Weir itself: neither in line, nor waiting for the upstream.")
    static let hits = MetricDefinition(
        "mm_rate_limit_hits_total", .counter, endpoint,
        "Attempts not admitted at once because of a limit or freeze: they waited, or were refused.")
    static let wait = MetricDefinition(
        "mm_rate_limit_wait_ms", .histogram(buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000]), endpoint,
        "Time in line of every admitted attempt, in milliseconds.")
    static let rejections = MetricDefinition(
        "mm_rate_limit_rejections_total", .counter, endpoint + ["reason"],
        "Calls refused by a limit, a freeze or the line, by reason.")
    static let usedRatio = MetricDefinition(
        "mm_rate_limit_used_ratio", .gauge, endpoint + ["limit"],
        "Share of an unkeyed limit in use now, from 0 to 1.")
    static let providerRemaining = MetricDefinition(
        "mm_rate_limit_provider_remaining", .gauge, endpoint,
        "What remains of the provider's quota, as the provider last said.")
    static let drift = MetricDefinition(
        "mm_rate_limit_drift", .gauge, ["upstream", "limit"],
        "Our count of what is used of the limit, minus the provider's.")
    static let effectiveFactor = MetricDefinition(
        "mm_rate_limit_effective_factor", .gauge, endpoint + ["limit"],
        "What the limit is multiplied by: 1, or less after 429s or under host load.")
    static let frozenSeconds = MetricDefinition(
        "mm_rate_limit_frozen_seconds", .gauge, endpoint, "How much longer the provider's stop lasts.")
    static let keys = MetricDefinition(
        "mm_rate_limit_keys", .gauge, endpoint + ["limit"], "Keys held by a keyed limit.")
    static let keyEvictions = MetricDefinition(
        "mm_rate_limit_key_evictions_total", .counter, endpoint + ["limit"],
        "Keys dropped before they were full again, since the limit may hold no more.")
    static let queueLength = MetricDefinition(
        "mm_queue_length", .gauge, ["upstream", "priority"], "Calls in line, by class.")
    static let retries = MetricDefinition(
        "mm_retries_total", .counter, endpoint + ["reason"], "Retries sent, by why the attempt before failed.")
    static let budgetExhausted = MetricDefinition(
        "mm_retry_budget_exhausted_total", .counter, ["upstream"], "Retries not sent for want of budget.")
    static let connections = MetricDefinition(
        "mm_upstream_connections", .gauge, ["upstream", "state"],
        "Connections to the provider: in use, and ready.")
    static let permitsOutstanding = MetricDefinition(
        "mm_permits_outstanding", .gauge, ["upstream"], "Permits given by acquire and not yet reported.")
    static let permitsExpired = MetricDefinition(
        "mm_permits_expired_total", .counter, ["upstream"], "Permits that were never reported.")
    static let sharedState = MetricDefinition(
        "mm_shared_state", .gauge, ["upstream"],
        "Who decides of the limits that a fleet shares: 1 Redis, 0 this instance within its part.")
    static let sharedFallbacks = MetricDefinition(
        "mm_shared_fallbacks_total", .counter, ["upstream"], "How often Redis was lost.")
    static let sharedRoundTrip = MetricDefinition(
        "mm_shared_round_trip_seconds",
        .histogram(buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1]), ["upstream"],
        "From a question to Redis to its answer.")
    static let reloadSuccessful = MetricDefinition(
        "mm_config_last_reload_successful", .gauge, [], "Whether the last load of the configuration succeeded: 1 or 0.")
    static let reloadTimestamp = MetricDefinition(
        "mm_config_last_reload_success_timestamp_seconds", .gauge, [],
        "When the configuration was last loaded, in seconds since 1970.")
    static let buildInfo = MetricDefinition(
        "mm_build_info", .gauge, ["version", "swift"], "What this build is; always 1.")

    /// Every metric of Weir's own; those of the process come beside them.
    package static let all = [
        circuitState, circuitTransitions, circuitRejections, requests, failures, duration, overhead, hits, wait,
        rejections, usedRatio, providerRemaining, drift, effectiveFactor, frozenSeconds, keys, keyEvictions,
        queueLength, retries, budgetExhausted, connections, permitsOutstanding, permitsExpired, sharedState,
        sharedFallbacks, sharedRoundTrip, reloadSuccessful,
        reloadTimestamp, buildInfo,
    ]
}
