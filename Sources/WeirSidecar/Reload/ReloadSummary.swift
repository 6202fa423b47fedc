internal import WeirConfiguration
internal import WeirProxy

/// What a reload has changed, in few words.
enum ReloadSummary {
    /// Such as `okx added, gate removed, bybit changed, admin changed`; `none` where nothing has changed.
    static func text(_ former: SidecarSettings, _ changed: SidecarSettings) -> String {
        var parts: [String] = []
        for upstream in changed.upstreams {
            guard let old = former.upstreams.first(where: { $0.name == upstream.name }) else {
                parts.append("\(upstream.name) added")
                continue
            }
            if old != upstream { parts.append("\(upstream.name) changed") }
        }
        for upstream in former.upstreams where !changed.upstreams.contains(where: { $0.name == upstream.name }) {
            parts.append("\(upstream.name) removed")
        }
        if former.admin != changed.admin { parts.append("admin changed") }
        if former.log != changed.log { parts.append("log changed") }
        if former.drainTimeout != changed.drainTimeout { parts.append("drain_timeout changed") }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
