internal import NIOCore
internal import NIOPosix
internal import WeirAPI
internal import WeirAdmin
internal import WeirCore
internal import WeirProxy
internal import WeirRuntime

/// An event loop with the listeners and upstreams that live on it, as seen from outside of that loop.
final class Lane: Sendable {
    /// A listener that has its address and accepts nobody yet.
    struct BoundListener: Sendable {
        let key: ListenerKey
        fileprivate let listener: NIOLoopBound<Listener>
    }

    /// An upstream as it is to be from now on.
    struct Tenant: Sendable {
        let settings: UpstreamSettings
        let place: UpstreamPlace
        let metrics: UpstreamMetrics
        let log: EventLog
        /// Where it is written down; nil without a state file.
        let books: UpstreamBooks?
        /// Who shares its limits; nil: nobody.
        let fleet: UpstreamFleet?

        func sink(endpoint: String) -> EventSink {
            let count = metrics.sink(endpoint: endpoint)
            return { [log] event in
                count(event)
                log.record(event, endpoint: endpoint)
            }
        }
    }

    /// An upstream at one moment.
    struct Row: Sendable {
        let settings: UpstreamSettings
        /// Its listener's address as bound.
        let listen: String
        let snapshot: UpstreamSnapshot
        let metrics: UpstreamMetrics
    }

    private struct Resident {
        let upstream: Upstream
        let metrics: UpstreamMetrics
        let listener: Listener
    }

    private struct Contents {
        var listeners: [ListenerKey: Listener] = [:]
        /// In the order of the configuration.
        var residents: [Resident] = []
        /// Those that are gone from the configuration, until their last caller is.
        var leaving: [Upstream] = []
        var closing: [Listener] = []
    }

    /// Its one loop, for others that have use for it.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop
    private let contents: NIOLoopBoundBox<Contents>

    /// An empty lane, with a thread of its own.
    init() {
        loop = group.next()
        contents = .makeBoxSendingValue(Contents(), eventLoop: loop)
    }

    // MARK: Changing

    /// Takes the address of a listener. Events of requests that are not routed go to `emit`.
    ///
    /// - Throws: what the system says where the address cannot be had.
    func bind(_ key: ListenerKey, emit: @escaping EventSink) async throws -> BoundListener {
        let listener = try await loop.submit { [loop] in
            NIOLoopBound(Listener(address: key.address, on: loop, emit: emit), eventLoop: loop)
        }.get()
        try await loop.flatSubmit { listener.value.bind() }.get()
        return BoundListener(key: key, listener: listener)
    }

    /// Gives the address of a listener back, which has not been opened.
    func release(_ bound: BoundListener) async {
        try? await loop.flatSubmit { bound.listener.value.close() }.get()
    }

    /// Makes the lane what `sites` say, in one turn of the loop: whoever goes on goes on as it is, under its new settings;
    /// whoever is not named there ends once its last caller has.
    ///
    /// - Parameter accessSink: where the record of each call goes when it ends; nil: nowhere.
    func settle(
        _ sites: [(key: ListenerKey, tenants: [Tenant])], opening bound: [BoundListener], accessSink: AccessSink?
    ) async throws {
        try await loop.submit { [self] in
            let former = contents.value
            contents.value.listeners = [:]
            contents.value.residents = []
            for (key, tenants) in sites {
                let opened = bound.first { $0.key == key }?.listener.value
                guard let listener = former.listeners[key] ?? opened else { continue }
                let upstreams = tenants.map { settled($0, among: former.residents) }
                listener.serve(upstreams)
                listener.accessSink = accessSink
                contents.value.listeners[key] = listener
                contents.value.residents += zip(upstreams, tenants).map { upstream, tenant in
                    Resident(upstream: upstream, metrics: tenant.metrics, listener: listener)
                }
                opened?.open()
            }
            for (key, listener) in former.listeners where contents.value.listeners[key] !== listener {
                retire(listener)
            }
            for resident in former.residents
            where !contents.value.residents.contains(where: { $0.upstream === resident.upstream }) {
                retire(resident.upstream)
            }
        }.get()
    }

    private func settled(_ tenant: Tenant, among residents: [Resident]) -> Upstream {
        if let resident = residents.first(where: { $0.upstream.settings.name == tenant.settings.name }) {
            resident.upstream.reconfigure(
                tenant.settings, place: tenant.place, memory: tenant.books, sink: tenant.sink)
            return resident.upstream
        }
        return Upstream(
            tenant.settings, place: tenant.place, on: loop, wallOffset: HostMonitor.wallOffset(at: loop.instant),
            memory: tenant.books, fleet: tenant.fleet, sink: tenant.sink)
    }

    private func retire(_ listener: Listener) {
        contents.value.closing.append(listener)
        listener.retire { [contents] in contents.value.closing.removeAll { $0 === listener } }
    }

    private func retire(_ upstream: Upstream) {
        let listeners = Array(contents.value.listeners.values) + contents.value.closing
        for listener in listeners { listener.forget(upstream) }
        contents.value.leaving.append(upstream)
        upstream.retire { [contents] in contents.value.leaving.removeAll { $0 === upstream } }
    }

    // MARK: Looking

    /// What every upstream shows of itself now, read in one go.
    func rows() async throws -> [Row] {
        try await loop.submit { [loop, contents] in
            let now = loop.instant
            return contents.value.residents.map { resident in
                Row(
                    settings: resident.upstream.settings, listen: "\(resident.listener.address)",
                    snapshot: resident.upstream.snapshot(now: now), metrics: resident.metrics)
            }
        }.get()
    }

    /// Where every upstream is reached, by name.
    func addresses() async throws -> [(upstream: String, address: String)] {
        try await loop.submit { [contents] in
            contents.value.residents.map { ($0.upstream.settings.name, "\($0.listener.address)") }
        }.get()
    }

    /// Sets the gauges of every upstream. On the loop, so that none is set by what the configuration has just done away
    /// with.
    func updateGauges() async throws {
        try await loop.submit { [loop, contents] in
            let now = loop.instant
            for resident in contents.value.residents {
                resident.metrics.update(from: resident.upstream.snapshot(now: now))
            }
        }.get()
    }

    /// Where the upstream of that name is found, if it lives here.
    func place(of name: String) -> PlacedUpstream {
        PlacedUpstream(on: loop) { [contents] in
            contents.value.residents.first { $0.upstream.settings.name == name }?.upstream
        }
    }

    // MARK: Telling

    /// Tells every upstream what only the machine knows.
    func observe(load: (cpu: Double, memory: Double)?) {
        loop.execute { [loop, contents] in
            let wallOffset = HostMonitor.wallOffset(at: loop.instant)
            let upstreams = contents.value.residents.map(\.upstream) + contents.value.leaving
            for upstream in upstreams { upstream.observe(wallOffset: wallOffset, load: load) }
        }
    }

    /// Does something to the upstream of that name, on its loop; nil where there is none.
    func with<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Upstream) -> Result
    ) async throws -> Result? {
        try await loop.submit { [contents] in
            contents.value.residents.first { $0.upstream.settings.name == name }.map { body($0.upstream) }
        }.get()
    }

    // MARK: Its end

    /// Refuses those in line and waits for the calls under way, `timeout` at the most. Returns whether all have ended.
    func drain(timeout: TimeSpan) async throws -> Bool {
        try await loop.flatSubmit { [loop, contents] in
            let listeners = Array(contents.value.listeners.values) + contents.value.closing
            let ends = listeners.map { $0.drain(timeout: timeout) }
            for upstream in contents.value.leaving { upstream.drain() }
            return EventLoopFuture.whenAllSucceed(ends, on: loop).map { $0.allSatisfy(\.self) }
        }.get()
    }

    /// Stops listening, cuts what is still under way, and ends the thread.
    func close() async {
        try? await loop.flatSubmit { [loop, contents] in
            let ends = contents.value.listeners.values.map { $0.close() }
            return EventLoopFuture.andAllComplete(ends, on: loop)
        }.get()
        try? await group.shutdownGracefully()
    }
}
