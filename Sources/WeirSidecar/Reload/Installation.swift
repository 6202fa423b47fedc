internal import WeirAdmin
internal import WeirConfiguration
internal import WeirCore
internal import WeirMetrics
internal import WeirProxy
internal import WeirRuntime

/// The listeners and upstreams that run, on their lanes. A start is a change from nothing.
///
/// Changes are made one after the other (`ReloadQueue`); this is an actor for those who look on meanwhile.
actor Installation {
    private var lanes: [Lane] = []
    private var arrangement = Arrangement()
    private var upstreams: [UpstreamSettings] = []
    private let catalogue: MetricCatalogue
    private let feed: EventFeed
    private let file: String
    private let mostLanes: Int
    private let state: StateFile?

    /// Nothing runs yet.
    ///
    /// - Parameters:
    ///   - file: how the configuration is called in problems.
    ///   - mostLanes: lanes at most, each with a thread of its own; at least 1.
    ///   - state: what a restart must not forget; nil: it is not kept.
    init(catalogue: MetricCatalogue, feed: EventFeed, file: String, mostLanes: Int, state: StateFile?) {
        self.catalogue = catalogue
        self.feed = feed
        self.file = file
        self.mostLanes = mostLanes
        self.state = state
    }

    /// Who runs where.
    var roster: Roster {
        Roster(
            lanes: lanes,
            upstreams: upstreams.compactMap { upstream in
                arrangement.lane(of: upstream.name).map { (upstream.name, lanes[$0]) }
            })
    }

    /// Has the upstreams of a configuration run in place of those that do. All that can fail is done first, so that either
    /// all changes or nothing.
    ///
    /// - Throws: `ConfigurationError` or `StartError`; nothing has changed then.
    func change(to settings: SidecarSettings, logs: Logs) async throws {
        let changed = settings.upstreams
        let plan = try ReloadPlan(from: arrangement, to: changed, file: file, mostLanes: mostLanes)
        var places: [String: UpstreamPlace] = [:]
        for upstream in changed {
            do {
                places[upstream.name] = try UpstreamPlace(upstream)
            } catch {
                throw StartError.upstream(upstream.name, reason: "\(error)")
            }
        }
        let books = try books(of: changed)
        let lanes = lanes + (lanes.count..<plan.next.lanes.count).map { _ in Lane() }
        let bound = try await bind(plan, on: lanes)

        let gone = upstreams.map { former in GoneSeries(former, changed.first { $0.name == former.name }) }
        for series in gone { series.remove(from: catalogue) }
        var tenants: [String: Lane.Tenant] = [:]
        for upstream in changed {
            guard let place = places[upstream.name] else { continue }
            tenants[upstream.name] = Lane.Tenant(
                settings: upstream, place: place, metrics: try UpstreamMetrics(catalogue, upstream),
                log: EventLog(logs.logger, feed: feed, upstream: upstream.name), books: books[upstream.name],
                fleet: settings.shared.map {
                    UpstreamFleet($0, upstream: upstream.name, catalogue: catalogue, log: logs.logger)
                })
        }
        for (place, sites) in plan.next.lanes.enumerated() {
            try await lanes[place].settle(
                sites.map { site in (site.key, site.upstreams.compactMap { tenants[$0] }) }, opening: bound[place],
                accessSink: settings.log.access ? logs.callSink : nil)
        }
        for series in gone { series.removeRest(from: catalogue) }
        if upstreams.isEmpty { state?.dropAll(but: Array(books.values)) }
        (self.lanes, arrangement, upstreams) = (lanes, plan.next, changed)
    }

    /// Where each upstream is written down; none without a state file.
    private func books(of changed: [UpstreamSettings]) throws(StartError) -> [String: UpstreamBooks] {
        guard let state else { return [:] }
        var books: [String: UpstreamBooks] = [:]
        for upstream in changed {
            let isReload = upstreams.contains { $0.name == upstream.name }
            do {
                books[upstream.name] = try UpstreamBooks(state, for: upstream, isReload: isReload)
            } catch {
                throw StartError.stateFile(error)
            }
        }
        return books
    }

    /// Takes the addresses that are new, by lane; all of them or none.
    private func bind(_ plan: ReloadPlan, on lanes: [Lane]) async throws(StartError) -> [[Lane.BoundListener]] {
        var bound = lanes.map { _ in [Lane.BoundListener]() }
        for (place, sites) in plan.next.lanes.enumerated() {
            for site in sites where plan.opened.contains(site.key) {
                do {
                    let refused = try catalogue.requests.series(["", "", CallOutcome.badRequest.label])
                    bound[place].append(
                        try await lanes[place].bind(site.key) { event in
                            if case .callEnded(.badRequest) = event { refused.increment() }
                        })
                } catch {
                    for (lane, listeners) in zip(lanes, bound) {
                        for listener in listeners { await lane.release(listener) }
                    }
                    for lane in lanes.dropFirst(self.lanes.count) { await lane.close() }
                    throw StartError.address(
                        "\(site.key.address)", for: site.upstreams.joined(separator: ", "), error)
                }
            }
        }
        return bound
    }
}
