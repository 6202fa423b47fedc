internal import FoundationEssentials
internal import WeirCore
internal import WeirProxy

/// Turns snapshots into the rows of `/status`.
struct StatusBuilder {
    /// Wall time now; the snapshots' own clock is monotonic, so what they say of the past is counted back from here.
    let now = Date.now

    func upstream(
        _ settings: UpstreamSettings, listen: String, snapshot: UpstreamSnapshot, metrics: UpstreamMetrics
    ) -> StatusDocument.Upstream {
        let reasons = reasons(snapshot, maxLength: settings.line.maxLength)
        return StatusDocument.Upstream(
            name: settings.name, url: settings.url.description, listen: listen, mode: "enforce",
            status: reasons.isEmpty ? "pass" : "warn", reasons: reasons, frozenForMs: Nullable(nil), banned: false,
            circuit: Nullable(snapshot.circuit.map { circuit($0, takenAt: snapshot.takenAt) }),
            limits: snapshot.limits.map(limit), provider: Nullable(nil),
            queue: .init(
                length: snapshot.line.length, maxLength: settings.line.maxLength,
                oldestWaitMs: snapshot.line.oldestWait.milliseconds),
            connections: .init(
                active: snapshot.connections.active, idle: snapshot.connections.idle,
                max: settings.pool.maxConnections),
            retryBudget: Nullable(nil), permits: .init(outstanding: 0),
            endpoints: snapshot.endpoints.map { endpoint($0, takenAt: snapshot.takenAt, metrics: metrics) })
    }

    func text(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    private func reasons(_ snapshot: UpstreamSnapshot, maxLength: Int) -> [String] {
        var reasons: [String] = []
        let own = snapshot.endpoints.map { ($0.settings.name, $0.circuit) }
        for (name, circuit) in [("", snapshot.circuit)] + own {
            switch circuit?.state {
            case .open: reasons.append("circuit_open:\(name)")
            case .halfOpen: reasons.append("circuit_half_open:\(name)")
            case .closed, nil: break
            }
        }
        if snapshot.line.length > 0, snapshot.line.length >= maxLength { reasons.append("line_full") }
        return reasons
    }

    private func endpoint(
        _ row: UpstreamSnapshot.Endpoint, takenAt: Instant, metrics: UpstreamMetrics
    ) -> StatusDocument.Endpoint {
        StatusDocument.Endpoint(
            name: row.settings.name, priority: row.settings.priority.name,
            bypassCircuit: row.settings.bypassesCircuit,
            circuit: Nullable(row.circuit.map { circuit($0, takenAt: takenAt) }), limits: row.limits.map(limit),
            provider: Nullable(nil), requests: metrics.endpoints[row.settings.name]?.outcomeCounts ?? [:],
            inFlight: row.inFlight)
    }

    private func circuit(_ snapshot: CircuitSnapshot, takenAt: Instant) -> StatusDocument.Circuit {
        let since = snapshot.since.map { moment in
            text(now.addingTimeInterval(-Double((takenAt - moment).nanoseconds) / 1e9))
        }
        return StatusDocument.Circuit(
            state: snapshot.state.name, since: Nullable(since), failuresInWindow: snapshot.failuresInWindow,
            failThreshold: Nullable(snapshot.failThreshold),
            nextProbeInMs: Nullable(snapshot.untilNextProbe.map(\.milliseconds)), forced: Nullable(nil),
            transitions: snapshot.transitions)
    }

    private func limit(_ snapshot: LimitSnapshot) -> StatusDocument.Limit {
        let algorithm: String
        let window: Double?
        switch snapshot.settings.algorithm {
        case .slidingWindow(_, let per, _): (algorithm, window) = ("sliding_window", Double(per.nanoseconds) / 1e9)
        case .tokenBucket: (algorithm, window) = ("token_bucket", nil)
        }
        return StatusDocument.Limit(
            name: snapshot.settings.name, algorithm: algorithm, limit: snapshot.capacity,
            windowSeconds: Nullable(window), used: snapshot.used, remaining: max(0, snapshot.capacity - snapshot.used),
            percentageUsed: (snapshot.usedRatio * 1000).rounded() / 10, effectiveFactor: 1,
            nextFreeInMs: snapshot.untilNextFree.milliseconds, keys: 1, shared: Nullable(nil))
    }
}
