internal import NIOCore
internal import WeirAPI
internal import WeirAdmin
internal import WeirCore
internal import WeirMetrics
internal import WeirProxy
internal import WeirRuntime

/// A listener with its upstreams and the loop that they live on, as seen from outside that loop.
struct Lane: Sendable {
    let upstreams: [UpstreamSettings]
    /// Where they are written down; none without a state file.
    let books: [UpstreamBooks]
    private let metrics: [UpstreamMetrics]
    private let listener: NIOLoopBound<Listener>
    private let loop: any EventLoop

    /// Builds the listener on `loop` and starts to listen.
    ///
    /// - Throws: `StartError`.
    static func open(
        _ address: ListenAddress, _ upstreams: [UpstreamSettings], on loop: any EventLoop,
        catalogue: MetricCatalogue, logs: Logs, feed: EventFeed, state: StateFile?
    ) async throws -> Lane {
        let books = try upstreams.map { settings throws(StateFileError) in
            try state.map { state throws(StateFileError) in try UpstreamBooks(state, for: settings) }
        }
        let metrics = try upstreams.map { settings throws(MetricError) in try UpstreamMetrics(catalogue, settings) }
        let refused = try catalogue.requests.series(["", "", CallOutcome.badRequest.label])
        let listener = try await loop.submit {
            let wallOffset = HostMonitor.wallOffset(at: loop.instant)
            let built = try zip(zip(upstreams, books), metrics).map { upstream, metrics in
                let (settings, books) = upstream
                let eventLog = EventLog(logs.logger, feed: feed, upstream: settings.name)
                do {
                    return try Upstream(settings, on: loop, wallOffset: wallOffset, memory: books) { endpoint in
                        let count = metrics.sink(endpoint: endpoint)
                        return { event in
                            count(event)
                            eventLog.record(event, endpoint: endpoint)
                        }
                    }
                } catch {
                    throw StartError.upstream(settings.name, reason: "\(error)")
                }
            }
            let listener = Listener(address: address, upstreams: built, on: loop) { event in
                if case .callEnded(.badRequest) = event { refused.increment() }
            }
            listener.accessSink = logs.accessSink
            return NIOLoopBound(listener, eventLoop: loop)
        }.get()
        do {
            try await loop.flatSubmit { listener.value.bind() }.get()
        } catch {
            throw StartError.address("\(address)", for: upstreams.map(\.name).joined(separator: ", "), error)
        }
        return Lane(
            upstreams: upstreams, books: books.compactMap(\.self), metrics: metrics, listener: listener, loop: loop)
    }

    /// The address as bound.
    func address() async throws -> String {
        try await loop.submit { "\(listener.value.address)" }.get()
    }

    /// What every upstream shows of itself now, read on the loop in one go.
    func snapshots() async throws -> [UpstreamSnapshot] {
        try await loop.submit {
            let now = loop.instant
            return listener.value.upstreams.map { $0.snapshot(now: now) }
        }.get()
    }

    /// Sets the gauges of every upstream.
    func updateGauges() async throws {
        for (metrics, snapshot) in zip(metrics, try await snapshots()) { metrics.update(from: snapshot) }
    }

    /// The rows of `/status`.
    func status(_ builder: StatusBuilder) async throws -> [StatusDocument.Upstream] {
        let listen = try await address()
        let snapshots = try await snapshots()
        return zip(upstreams, zip(snapshots, metrics)).map { settings, row in
            builder.upstream(settings, listen: listen, snapshot: row.0, metrics: row.1)
        }
    }

    /// Tells every upstream what only the machine knows.
    func observe(load: (cpu: Double, memory: Double)?) {
        loop.execute {
            let wallOffset = HostMonitor.wallOffset(at: loop.instant)
            for upstream in listener.value.upstreams { upstream.observe(wallOffset: wallOffset, load: load) }
        }
    }

    /// Does something to the upstream of that name, on its loop; nil where there is none.
    func with<Result: Sendable>(
        _ name: String, _ body: @escaping @Sendable (Upstream) -> Result
    ) async throws -> Result? {
        guard upstreams.contains(where: { $0.name == name }) else { return nil }
        return try await loop.submit {
            listener.value.upstreams.first { $0.settings.name == name }.map(body)
        }.get()
    }

    /// Where the upstream of that name is found; nil where there is none.
    func place(of name: String) -> PlacedUpstream? {
        guard upstreams.contains(where: { $0.name == name }) else { return nil }
        return PlacedUpstream(on: loop) { [listener] in
            listener.value.upstreams.first { $0.settings.name == name }
        }
    }

    /// Refuses those in line and waits for the calls under way, `timeout` at the most. Returns whether all have ended.
    func drain(timeout: TimeSpan) async throws -> Bool {
        try await loop.flatSubmit { listener.value.drain(timeout: timeout) }.get()
    }

    /// Stops listening.
    func close() async throws {
        try await loop.flatSubmit { listener.value.close() }.get()
    }
}
