internal import WeirCore
internal import WeirMetrics
internal import WeirRuntime

/// The series of one endpoint, resolved once, and what each event does to them.
struct EndpointMetrics: Sendable {
    private let circuit: CircuitMetrics?
    private let circuitRejections: Counter?
    private let outcomes: [Counter]
    private let failures: [Counter]
    private let duration: Histogram
    private let overhead: Histogram
    private let hits: Counter
    private let wait: Histogram
    private let lineRejections: [Counter]
    private let retries: [Counter]
    private let budgetExhausted: Counter

    /// - Parameters:
    ///   - hasOwnCircuit: whether the endpoint has a circuit of its own.
    ///   - isGuarded: whether a circuit, its own or the upstream's, may refuse its calls.
    init(
        _ catalogue: MetricCatalogue, upstream: String, endpoint: String, hasOwnCircuit: Bool, isGuarded: Bool
    ) throws(MetricError) {
        circuit = hasOwnCircuit ? try CircuitMetrics(catalogue, upstream: upstream, endpoint: endpoint) : nil
        circuitRejections = isGuarded ? try catalogue.circuitRejections.series([upstream, endpoint]) : nil
        outcomes = try CallOutcome.allCases.map { outcome throws(MetricError) in
            try catalogue.requests.series([upstream, endpoint, outcome.label])
        }
        failures = try FailureCode.allCases.map { code throws(MetricError) in
            try catalogue.failures.series([upstream, endpoint, code.label])
        }
        duration = try catalogue.duration.series([upstream, endpoint])
        overhead = try catalogue.overhead.series([upstream])
        hits = try catalogue.hits.series([upstream, endpoint])
        wait = try catalogue.wait.series([upstream, endpoint])
        lineRejections = try Self.lineReasons.map { reason throws(MetricError) in
            try catalogue.rejections.series([upstream, endpoint, reason.rawValue])
        }
        retries = try RetryReason.allCases.map { reason throws(MetricError) in
            try catalogue.retries.series([upstream, endpoint, reason.rawValue])
        }
        budgetExhausted = try catalogue.budgetExhausted.series([upstream])
    }

    func record(_ event: Event) {
        switch event {
        case .admitted(let waited): wait.observe(waited)
        case .callEnded(let outcome): outcomes[outcome.rawValue].increment()
        case .attemptFailed(let code): failures[code.rawValue].increment()
        case .attemptEnded(let length): duration.observe(length)
        case .overhead(let time): overhead.observe(time)
        case .limitHit: hits.increment()
        case .lineRefused(let reason):
            if let place = Self.lineReasons.firstIndex(of: reason) { lineRejections[place].increment() }
        case .circuitRefused: circuitRejections?.increment()
        case .circuitMoved(let transition): circuit?.moved(transition)
        case .retried(let reason):
            if let place = RetryReason.allCases.firstIndex(of: reason) { retries[place].increment() }
        case .retryBudgetExhausted: budgetExhausted.increment()
        case .frozen, .thawed, .quotaLow, .limitShrunk, .limitRecovered, .permitExpired, .fleetLost, .fleetBack: break
        }
    }

    /// Shows the state of its own circuit, if it has one.
    func show(_ snapshot: CircuitSnapshot?) {
        circuit?.show(snapshot)
    }

    /// How often calls have ended in each way.
    var outcomeCounts: [String: UInt64] {
        Dictionary(
            uniqueKeysWithValues: zip(CallOutcome.allCases, outcomes).map { ($0.label, $1.value) })
    }

    private static let lineReasons: [RefusalReason] = [.rateLimited, .queueFull, .frozen]
}

extension Histogram {
    fileprivate func observe(_ time: TimeSpan) {
        observe(UInt64(max(0, time.nanoseconds)))
    }
}
