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
        let reasons = StatusReasons.of(snapshot, maxLength: settings.line.maxLength)
        return StatusDocument.Upstream(
            name: settings.name, url: settings.url.description, listen: listen, mode: settings.mode.rawValue,
            status: reasons.isEmpty ? "pass" : "warn", reasons: reasons,
            frozenForMs: Nullable(snapshot.line.frozen?.left.milliseconds),
            banned: snapshot.line.frozen?.isBan ?? false,
            circuit: Nullable(snapshot.circuit.map { circuit($0, takenAt: snapshot.takenAt) }),
            limits: snapshot.limits.map(limit), provider: Nullable(provider(snapshot.provider, snapshot)),
            queue: .init(
                length: snapshot.line.length, maxLength: settings.line.maxLength,
                oldestWaitMs: snapshot.line.oldestWait.milliseconds),
            connections: .init(
                active: snapshot.connections.active, idle: snapshot.connections.idle,
                max: settings.pool.maxConnections),
            retryBudget: Nullable(snapshot.retryBudget.map(StatusDocument.RetryBudget.init)),
            permits: .init(outstanding: snapshot.permits),
            endpoints: snapshot.endpoints.map { endpoint($0, of: snapshot, metrics) })
    }

    func text(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    private func endpoint(
        _ row: UpstreamSnapshot.Endpoint, of snapshot: UpstreamSnapshot, _ metrics: UpstreamMetrics
    ) -> StatusDocument.Endpoint {
        StatusDocument.Endpoint(
            name: row.settings.name, priority: row.settings.priority.name,
            bypassCircuit: row.settings.bypassesCircuit,
            circuit: Nullable(row.circuit.map { circuit($0, takenAt: snapshot.takenAt) }),
            limits: row.limits.map(limit), provider: Nullable(provider(row.provider, snapshot)),
            requests: metrics.endpoints[row.settings.name]?.outcomeCounts ?? [:], inFlight: row.inFlight)
    }

    private func circuit(_ snapshot: CircuitSnapshot, takenAt: Instant) -> StatusDocument.Circuit {
        let since = snapshot.since.map { text(before: takenAt - $0) }
        return StatusDocument.Circuit(
            state: snapshot.state.name, since: Nullable(since), failuresInWindow: snapshot.failuresInWindow,
            failThreshold: Nullable(snapshot.failThreshold),
            nextProbeInMs: Nullable(snapshot.untilNextProbe.map(\.milliseconds)),
            forced: Nullable(snapshot.forced?.rawValue), transitions: snapshot.transitions)
    }

    private func limit(_ snapshot: LimitSnapshot) -> StatusDocument.Limit {
        let (algorithm, window) = Self.description(of: snapshot.settings.algorithm)
        return StatusDocument.Limit(
            name: snapshot.settings.name, algorithm: algorithm, limit: snapshot.capacity,
            windowSeconds: Nullable(window), used: Nullable(snapshot.used), remaining: Nullable(snapshot.remaining),
            percentageUsed: Nullable(snapshot.usedRatio.map(Self.percentage)),
            reserve: snapshot.settings.reserve > 0 ? snapshot.settings.reserve : nil,
            effectiveFactor: snapshot.factor, nextFreeInMs: Nullable(snapshot.untilNextFree?.milliseconds),
            keys: snapshot.keys, shared: Nullable(snapshot.isWithFleet.map { $0 ? "shared" : "local" }))
    }

    private func provider(_ view: ProviderView?, _ snapshot: UpstreamSnapshot) -> StatusDocument.Provider? {
        guard let said = view?.said else { return nil }
        let reset = said.reset.map { (($0 + snapshot.wallOffset) - Instant(nanoseconds: 0)).inSeconds }
        let used = said.limit.flatMap { limit in
            limit > 0 ? Self.percentage(min(1, max(0, 1 - Double(said.remaining) / Double(limit)))) : nil
        }
        return StatusDocument.Provider(
            limit: Nullable(said.limit), remaining: said.remaining, resetTimestamp: Nullable(reset),
            percentageUsed: Nullable(used), seenAt: text(before: snapshot.takenAt - said.seenAt))
    }

    /// The wall time of a moment that lies `length` back.
    private func text(before length: TimeSpan) -> String {
        text(now.addingTimeInterval(-length.inSeconds))
    }

    private static func description(of algorithm: LimitSettings.Algorithm) -> (name: String, window: Double?) {
        let window = algorithm.window.inSeconds
        return switch algorithm {
        case .slidingWindow: ("sliding_window", window)
        case .tokenBucket: ("token_bucket", nil)
        case .calendarWindow: ("calendar_window", window)
        case .spacing: ("spacing", window)
        case .concurrency: ("concurrency", nil)
        }
    }

    /// With one decimal.
    private static func percentage(_ share: Double) -> Double {
        (share * 1000).rounded() / 10
    }
}
