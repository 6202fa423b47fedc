internal import WeirCore
internal import WeirProxy

enum BreakerKey: String, SectionKey {
    case scope, window, cooldown
    case failThreshold = "fail_threshold"
    case failureRatio = "failure_ratio"
    case minRequests = "min_requests"
    case slowCall = "slow_call"
    case maxCooldown = "max_cooldown"
    case minDwell = "min_dwell"
    case halfOpenDwell = "half_open_dwell"
    case probeCount = "probe_count"
    case probeTimeout = "probe_timeout"
}

/// Reads `breaker`.
enum CircuitReader {
    /// The circuit of an upstream (nil: off) and whose failures it counts.
    static func upstream(_ cursor: Cursor?) -> (circuit: CircuitSettings?, scope: UpstreamSettings.BreakerScope) {
        switch cursor?.switchable(BreakerKey.self) {
        case nil: return (CircuitSettings(), .endpoint)
        case .off: return (nil, .endpoint)
        case .on(let section):
            let scope = section[.scope]?.choice(
                ["endpoint": UpstreamSettings.BreakerScope.endpoint, "upstream": .upstream],
                expected: "endpoint or upstream")
            return (merge(section, over: CircuitSettings()), scope ?? .endpoint)
        }
    }

    /// The circuit of an endpoint: its own keys over those of the upstream. Keys of its own turn on a circuit that the
    /// upstream has turned off.
    static func endpoint(
        _ cursor: Cursor?, over inherited: CircuitSettings?, scope: UpstreamSettings.BreakerScope
    ) -> CircuitSettings? {
        guard let cursor, let value = cursor.switchable(BreakerKey.self) else { return inherited }
        if scope == .upstream {
            cursor.warning("has no effect: the upstream's breaker has scope upstream")
        }
        switch value {
        case .off: return nil
        case .on(let section):
            section[.scope]?.problem("is a key of the upstream's breaker only")
            guard section.hasKeys || inherited != nil else { return nil }
            return merge(section, over: inherited ?? CircuitSettings())
        }
    }

    private static func merge(_ section: Section<BreakerKey>, over inherited: CircuitSettings) -> CircuitSettings {
        var circuit = inherited
        circuit.window = section[.window]?.positiveDuration() ?? inherited.window
        if section.isNull(.failThreshold) { circuit.failThreshold = nil }
        circuit.failThreshold = section[.failThreshold]?.integer(1...1_000_000) ?? circuit.failThreshold
        if section.isNull(.failureRatio) { circuit.failureRatio = nil }
        circuit.failureRatio = section[.failureRatio]?.share() ?? circuit.failureRatio
        circuit.minRequests = section[.minRequests]?.integer(1...1_000_000) ?? inherited.minRequests
        if section.isNull(.slowCall) { circuit.slowCall = nil }
        circuit.slowCall = section[.slowCall]?.positiveDuration() ?? circuit.slowCall
        // A wrong cooldown has its problem already, and nothing is shorter than 0.
        circuit.cooldown = section[.cooldown].map { $0.positiveDuration() ?? .zero } ?? inherited.cooldown
        if section.isNull(.maxCooldown) { circuit.maxCooldown = nil }
        circuit.maxCooldown = section[.maxCooldown]?.positiveDuration() ?? circuit.maxCooldown
        circuit.minDwell = section[.minDwell]?.duration() ?? inherited.minDwell
        circuit.halfOpenDwell = section[.halfOpenDwell]?.duration() ?? inherited.halfOpenDwell
        circuit.probeCount = section[.probeCount]?.integer(1...10_000) ?? inherited.probeCount
        circuit.probeTimeout = section[.probeTimeout]?.positiveDuration() ?? inherited.probeTimeout
        check(circuit, section)
        return circuit
    }

    private static func check(_ circuit: CircuitSettings, _ section: Section<BreakerKey>) {
        // A key that is there but wrong has its problem already.
        if circuit.failThreshold == nil, circuit.failureRatio == nil, section[.failThreshold] == nil,
            section[.failureRatio] == nil
        {
            section.cursor.problem("expected fail_threshold, failure_ratio or both, found neither (off turns it off)")
        }
        if let longest = circuit.maxCooldown, longest < circuit.cooldown {
            let cursor = section[.maxCooldown] ?? section[.cooldown]
            cursor?.problem("expected max_cooldown to be at least cooldown, found it shorter")
        }
    }
}
