internal import WeirCore
internal import WeirProxy

/// Why an upstream is not well: the `reasons` of `/status`.
enum StatusReasons {
    /// The reasons, none where it is well.
    static func of(_ snapshot: UpstreamSnapshot, maxLength: Int) -> [String] {
        var reasons: [String] = []
        let own = snapshot.endpoints.map { ($0.settings.name, $0.circuit) }
        for (name, circuit) in [("", snapshot.circuit)] + own {
            switch circuit?.state {
            case .open: reasons.append("circuit_open:\(name)")
            case .halfOpen: reasons.append("circuit_half_open:\(name)")
            case .closed, nil: break
            }
        }
        let holds = [snapshot.line.frozen] + snapshot.endpoints.map(\.frozen)
        if holds.contains(where: { $0?.isBan == false }) { reasons.append("frozen") }
        if holds.contains(where: { $0?.isBan == true }) { reasons.append("banned") }
        if snapshot.line.length > 0, snapshot.line.length >= maxLength { reasons.append("line_full") }
        let limits = snapshot.limits + snapshot.endpoints.flatMap(\.limits)
        for limit in limits where limit.factor < 1 {
            let reason = "shrunk:\(limit.settings.name)"
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        if snapshot.isWithFleet == false { reasons.append("shared_lost") }
        return reasons
    }
}
