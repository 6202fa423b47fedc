internal import FoundationEssentials
internal import Synchronization
internal import WeirAPI
internal import WeirAdmin
internal import WeirMetrics
internal import WeirProxy

/// What the admin endpoint shows: it gathers snapshots from the loops when somebody asks, and passes on what is changed.
final class AdminView: AdminSource, UpstreamFinder {
    private enum Phase {
        case starting
        case ready
        case draining
    }

    private struct State {
        var phase = Phase.starting
        var roster = Roster()
        var effective: [UInt8]
        var loadedAt: Date
        /// Since the configuration in force was loaded.
        var reloadsFailed = 0
        var reload: (@Sendable () async -> ReloadOutcome)?
    }

    private let catalogue: MetricCatalogue
    private let path: String
    private let feed: EventFeed
    private let statusPage = StatusPage()
    private let started = Date.now
    private let startedAt = ContinuousClock.now
    private let state: Mutex<State>

    /// - Parameter effective: the configuration in force, secrets redacted.
    init(catalogue: MetricCatalogue, path: String, effective: String, feed: EventFeed) {
        self.catalogue = catalogue
        self.path = path
        self.feed = feed
        state = Mutex(State(effective: Array(effective.utf8), loadedAt: started))
        catalogue.reloadSuccessful.set(1)
        catalogue.reloadTimestamp.set(started.timeIntervalSince1970)
    }

    /// Everything listens, and can be reloaded.
    func becomeReady(_ roster: Roster, reload: @escaping @Sendable () async -> ReloadOutcome) {
        state.withLock { state in
            state.phase = .ready
            state.roster = roster
            state.reload = reload
        }
    }

    /// Another configuration is in force.
    func reloaded(_ roster: Roster, effective: String) {
        let now = Date.now
        catalogue.reloadSuccessful.set(1)
        catalogue.reloadTimestamp.set(now.timeIntervalSince1970)
        state.withLock { state in
            state.roster = roster
            state.effective = Array(effective.utf8)
            state.loadedAt = now
            state.reloadsFailed = 0
        }
    }

    /// A configuration could not be taken.
    func reloadFailed() {
        catalogue.reloadSuccessful.set(0)
        state.withLock { $0.reloadsFailed += 1 }
    }

    /// The end has begun.
    func drain() {
        state.withLock { $0.phase = .draining }
        feed.publish(AdminEvent(.drain, time: EventTime.now))
    }

    var readiness: Readiness {
        switch state.withLock({ $0.phase }) {
        case .starting: .notReady(reason: "starting")
        case .ready: .ready
        case .draining: .notReady(reason: "draining")
        }
    }

    func metrics(_ query: MetricsQuery) async -> [UInt8] {
        for lane in roster.lanes { try? await lane.updateGauges() }
        catalogue.process.update()
        var text: [UInt8] = []
        let format: ExpositionFormat = query.format == .openMetrics ? .openMetrics : .text
        catalogue.registry.render(format, names: query.names, into: &text)
        return text
    }

    func status(upstream: String?) async -> [UInt8]? {
        let builder = StatusBuilder()
        var rows = await upstreams(builder)
        if let upstream {
            rows.removeAll { $0.name != upstream }
            if rows.isEmpty { return nil }
        }
        let (loadedAt, failed) = state.withLock { ($0.loadedAt, $0.reloadsFailed) }
        let uptime = ContinuousClock.now - startedAt
        let document = StatusDocument(
            version: Version.weir, startedAt: builder.text(started),
            uptimeSeconds: (Double(uptime / .milliseconds(1)) / 1000), status: rows.overallStatus,
            draining: readiness == .notReady(reason: "draining"),
            config: .init(path: path, loadedAt: builder.text(loadedAt), reloadsFailed: failed), upstreams: rows)
        return try? document.json()
    }

    func health() async -> [UInt8] {
        let builder = StatusBuilder()
        let rows = await upstreams(builder)
        return HealthDocument(version: Version.weir, upstreams: rows, time: builder.text(builder.now)).json()
    }

    func configuration() async -> [UInt8] {
        state.withLock { $0.effective }
    }

    func page() async -> AdminPage {
        let html = statusPage.render(status: await status(upstream: nil) ?? [], events: feed.latest(30))
        return AdminPage(html: html, contentSecurityPolicy: statusPage.contentSecurityPolicy)
    }

    func change(_ change: AdminChange) async -> ChangeAnswer {
        switch change {
        case .reload:
            guard let reload = state.withLock({ $0.reload }) else { return .invalid(["Weir is starting"]) }
            switch await reload() {
            case .done: return .accepted
            case .failed(let problems): return .invalid(problems)
            case .ignored(let reason): return .invalid([reason])
            }
        case .circuit(let upstream, let endpoint, let body):
            switch AdminChanges.forcedState(body) {
            case .failure(let problem): return .invalid([problem.text])
            case .success(let state):
                return await done(upstream, "no such circuit") { $0.force(state, endpoint: endpoint) }
            }
        case .resetLimit(let upstream, let limit, let endpoint, let body):
            switch AdminChanges.resetTarget(body) {
            case .failure(let problem): return .invalid([problem.text])
            case .success(let target):
                return await done(upstream, "no such limit, or it has no such key or tier") {
                    $0.resetLimit(limit, endpoint: endpoint, key: target.key, tier: target.tier)
                }
            }
        }
    }

    private func done(
        _ upstream: String, _ otherwise: String, _ body: @escaping @Sendable (Upstream) -> Bool
    ) async -> ChangeAnswer {
        guard let lane = roster.lane(of: upstream), let isDone = try? await lane.with(upstream, body) else {
            return .notFound("no such upstream")
        }
        return isDone ? .done : .notFound(otherwise)
    }

    /// Where the upstream of that name is found.
    func upstream(named name: String) -> PlacedUpstream? {
        roster.lane(of: name)?.place(of: name)
    }

    private func upstreams(_ builder: StatusBuilder) async -> [StatusDocument.Upstream] {
        var rows: [StatusDocument.Upstream] = []
        let roster = roster
        for lane in roster.lanes {
            let laneRows = (try? await lane.rows()) ?? []
            rows += laneRows.map {
                builder.upstream($0.settings, listen: $0.listen, snapshot: $0.snapshot, metrics: $0.metrics)
            }
        }
        return roster.upstreams.compactMap { upstream in rows.first { $0.name == upstream.name } }
    }

    private var roster: Roster {
        state.withLock { $0.roster }
    }
}

extension [StatusDocument.Upstream] {
    fileprivate var overallStatus: String {
        allSatisfy { $0.status == "pass" } ? "pass" : "warn"
    }
}
