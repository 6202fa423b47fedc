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
        case ready([Lane])
        case draining([Lane])
    }

    private let catalogue: MetricCatalogue
    private let path: String
    private let effective: [UInt8]
    private let feed: EventFeed
    private let statusPage = StatusPage()
    private let started = Date.now
    private let startedAt = ContinuousClock.now
    private let phase = Mutex(Phase.starting)

    /// - Parameter effective: the configuration in force, secrets redacted.
    init(catalogue: MetricCatalogue, path: String, effective: String, feed: EventFeed) {
        self.catalogue = catalogue
        self.path = path
        self.effective = Array(effective.utf8)
        self.feed = feed
    }

    /// Everything listens.
    func becomeReady(_ lanes: [Lane]) {
        catalogue.reloadSuccessful.set(1)
        catalogue.reloadTimestamp.set(started.timeIntervalSince1970)
        phase.withLock { $0 = .ready(lanes) }
    }

    /// The end has begun.
    func drain() {
        phase.withLock { phase in
            if case .ready(let lanes) = phase { phase = .draining(lanes) }
        }
        feed.publish(AdminEvent(.drain, time: EventTime.now))
    }

    var readiness: Readiness {
        phase.withLock { phase in
            switch phase {
            case .starting: .notReady(reason: "starting")
            case .ready: .ready
            case .draining: .notReady(reason: "draining")
            }
        }
    }

    func metrics(_ query: MetricsQuery) async -> [UInt8] {
        for lane in lanes { try? await lane.updateGauges() }
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
        let uptime = ContinuousClock.now - startedAt
        let document = StatusDocument(
            version: Version.weir, startedAt: builder.text(started),
            uptimeSeconds: (Double(uptime / .milliseconds(1)) / 1000), status: rows.overallStatus,
            draining: readiness == .notReady(reason: "draining"),
            config: .init(path: path, loadedAt: builder.text(started), reloadsFailed: 0), upstreams: rows)
        return try? document.json()
    }

    func health() async -> [UInt8] {
        let builder = StatusBuilder()
        let rows = await upstreams(builder)
        return HealthDocument(version: Version.weir, upstreams: rows, time: builder.text(builder.now)).json()
    }

    func configuration() async -> [UInt8] {
        effective
    }

    func page() async -> AdminPage {
        let html = statusPage.render(status: await status(upstream: nil) ?? [], events: feed.latest(30))
        return AdminPage(html: html, contentSecurityPolicy: statusPage.contentSecurityPolicy)
    }

    func change(_ change: AdminChange) async -> ChangeAnswer {
        switch change {
        case .reload:
            return .invalid(["this version of Weir cannot reload its configuration; restart it instead"])
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

    /// Where the upstream of that name is found.
    func upstream(named name: String) -> PlacedUpstream? {
        lanes.lazy.compactMap { $0.place(of: name) }.first
    }

    private func done(
        _ upstream: String, _ otherwise: String, _ body: @escaping @Sendable (Upstream) -> Bool
    ) async -> ChangeAnswer {
        for lane in lanes {
            if let isDone = try? await lane.with(upstream, body) {
                return isDone ? .done : .notFound(otherwise)
            }
        }
        return .notFound("no such upstream")
    }

    private func upstreams(_ builder: StatusBuilder) async -> [StatusDocument.Upstream] {
        var rows: [StatusDocument.Upstream] = []
        for lane in lanes { rows += (try? await lane.status(builder)) ?? [] }
        return rows
    }

    private var lanes: [Lane] {
        phase.withLock { phase in
            switch phase {
            case .starting: []
            case .ready(let lanes), .draining(let lanes): lanes
            }
        }
    }
}

extension [StatusDocument.Upstream] {
    fileprivate var overallStatus: String {
        allSatisfy { $0.status == "pass" } ? "pass" : "warn"
    }
}
