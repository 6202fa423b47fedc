internal import FoundationEssentials
internal import Synchronization
internal import WeirAdmin
internal import WeirMetrics

/// What the admin endpoint shows: it gathers snapshots from the loops when somebody asks.
final class AdminView: AdminSource {
    private enum Phase {
        case starting
        case ready([Lane])
        case draining([Lane])
    }

    private let catalogue: MetricCatalogue
    private let path: String
    private let started = Date.now
    private let startedAt = ContinuousClock.now
    private let phase = Mutex(Phase.starting)

    init(catalogue: MetricCatalogue, path: String) {
        self.catalogue = catalogue
        self.path = path
    }

    /// Everything listens.
    func becomeReady(_ lanes: [Lane]) {
        phase.withLock { $0 = .ready(lanes) }
    }

    /// The end has begun.
    func drain() {
        phase.withLock { phase in
            if case .ready(let lanes) = phase { phase = .draining(lanes) }
        }
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

    func metrics() async -> [UInt8] {
        for lane in lanes { try? await lane.updateGauges() }
        var text: [UInt8] = []
        catalogue.registry.render(into: &text)
        return text
    }

    func status(upstream: String?) async -> [UInt8]? {
        let builder = StatusBuilder()
        var rows: [StatusDocument.Upstream] = []
        for lane in lanes { rows += (try? await lane.status(builder)) ?? [] }
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
