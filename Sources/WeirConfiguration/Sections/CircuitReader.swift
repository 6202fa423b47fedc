internal import WeirCore
internal import WeirProxy

/// Reads `breaker`.
enum CircuitReader {
    /// The circuit of an upstream (nil: off) and whose failures it counts.
    static func upstream(_ cursor: Cursor?) -> (circuit: CircuitSettings?, scope: UpstreamSettings.BreakerScope) {
        switch cursor?.switchable(BreakerKey.self) {
        case nil: return (CircuitSettings(), .endpoint)
        case .off: return (nil, .endpoint)
        case .on(let section):
            let draft = merge(section, over: BreakerDraft())
            return (draft.circuit, draft.scope)
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
            let draft = BreakerDraft(circuit: inherited ?? CircuitSettings())
            return merge(section, over: draft, except: BreakerKey.ofUpstream).circuit
        }
    }

    private static func merge(
        _ section: Section<BreakerKey>, over inherited: BreakerDraft, except excluded: Set<BreakerKey> = []
    ) -> BreakerDraft {
        var draft = inherited
        section.read(into: &draft, except: excluded)
        let circuit = draft.circuit
        if section.isSound(.failThreshold, .failureRatio), circuit.failThreshold == nil, circuit.failureRatio == nil {
            section.cursor.problem("expected fail_threshold, failure_ratio or both, found neither (off turns it off)")
        }
        if section.isSound(.cooldown, .maxCooldown), let longest = circuit.maxCooldown, longest < circuit.cooldown {
            let cursor = section[.maxCooldown] ?? section[.cooldown]
            cursor?.problem("expected max_cooldown to be at least cooldown, found it shorter")
        }
        return draft
    }
}
