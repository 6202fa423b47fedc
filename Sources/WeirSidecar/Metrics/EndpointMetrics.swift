internal import WeirCore
internal import WeirMetrics
internal import WeirRuntime

/// The series of one endpoint, resolved once, and what each event does to them.
struct EndpointMetrics: Sendable {
    private let circuit: CircuitMetrics?
    private let circuitRejections: Counter?
    private let outcomes: [Counter]
    private let failures: [Counter]
    private let hits: Counter
    private let wait: Histogram
    private let lineRejections: [Counter]

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
        hits = try catalogue.hits.series([upstream, endpoint])
        wait = try catalogue.wait.series([upstream, endpoint])
        lineRejections = try Self.lineReasons.map { reason throws(MetricError) in
            try catalogue.rejections.series([upstream, endpoint, reason.rawValue])
        }
    }

    func record(_ event: Event) {
        switch event {
        case .admitted(let waited): wait.observe(UInt64(max(0, waited.nanoseconds)))
        case .callEnded(let outcome): outcomes[outcome.rawValue].increment()
        case .attemptFailed(let code): failures[code.rawValue].increment()
        case .limitHit: hits.increment()
        case .lineRefused(let reason):
            if let place = Self.lineReasons.firstIndex(of: reason) { lineRejections[place].increment() }
        case .circuitRefused: circuitRejections?.increment()
        case .circuitMoved(let transition): circuit?.moved(transition)
        }
    }

    /// How often calls have ended in each way.
    var outcomeCounts: [String: UInt64] {
        Dictionary(
            uniqueKeysWithValues: zip(CallOutcome.allCases, outcomes).map { ($0.label, $1.value) })
    }

    private static let lineReasons: [RefusalReason] = [.rateLimited, .queueFull]
}
