import Synchronization

/// The admin endpoint without its sockets: decides what to answer, gathers on workers what must be gathered, and keeps
/// the deadlines. libmicrohttpd's thread calls it and never waits here for more than a lock held for a moment.
final class AdminService: Sendable {
    /// Whoever waits for an answer, its connection suspended.
    private struct Waiter {
        let exchange: AdminExchange
        let connection: MicroHTTPConnection
        let deadline: ContinuousClock.Instant
        /// What it waits for; `nil` for a change.
        let document: AdminRoutes.Document?
    }

    private struct State {
        var isStopping = false
        var isSweeping = false
        var connections: AdminConnections
        /// Each by a number of its own: what comes late finds nothing.
        var waiters: [UInt64: Waiter] = [:]
        var nextTicket: UInt64 = 0
        var gatherings = SharedGatherings<AdminRoutes.Document>()

        /// The only place where a connection that waits is resumed, which libmicrohttpd allows exactly once.
        mutating func answer(_ ticket: UInt64, with response: MicroHTTPResponse) {
            guard let waiter = waiters.removeValue(forKey: ticket) else { return }
            if let document = waiter.document {
                gatherings.leave(ticket, document: document)
            }
            connections.moved(waiter.connection.id, to: .sending, now: .now)
            waiter.exchange.advance(to: .answered(response))
            waiter.connection.resume()
        }
    }

    private let settings: Mutex<AdminSettings>
    private let timeouts: AdminTimeouts
    private let source: any AdminSource
    private let streams: EventStreams
    private let state: Mutex<State>

    init(settings: AdminSettings, timeouts: AdminTimeouts, source: any AdminSource, events: EventFeed) {
        self.settings = Mutex(settings)
        self.timeouts = timeouts
        self.source = source
        streams = EventStreams(feed: events, most: settings.maxStreams, quiet: timeouts.quiet)
        state = Mutex(
            State(
                connections: AdminConnections(
                    timeouts: timeouts, most: settings.maxConnections,
                    mostPerAddress: settings.maxConnectionsPerAddress)))
    }

    /// Answers other hosts, and lets itself be told changes or not, from the next request on.
    func admit(allowHosts: [String], allowChanges: Bool) {
        settings.withLock { settings in
            settings.allowHosts = allowHosts
            settings.allowChanges = allowChanges
        }
    }

    /// A connection was opened.
    func opened(_ connection: MicroHTTPConnection) {
        state.withLock { state in
            let socket = connection.socket
            let address = connection.address
            if let victim = state.connections.opened(connection.id, socket: socket, address: address, now: .now) {
                MicroHTTPConnection.shutDown(socket: victim.socket)
                // One that is suspended would notice that only when it is resumed.
                let ticket = state.waiters.first { $0.value.connection.id == victim.id }?.key
                if let ticket {
                    state.answer(ticket, with: MicroHTTPResponse(Self.crowded))
                }
            }
            if !state.isSweeping {
                state.isSweeping = true
                Task { await self.sweepWhileThereAreConnections() }
            }
        }
    }

    /// A connection is about to be closed; its socket must not be touched from here on.
    func closed(_ connection: MicroHTTPConnection) {
        state.withLock { $0.connections.closed(connection.id) }
    }

    /// An exchange has ended, whether its answer was taken or not.
    func completed(on connection: MicroHTTPConnection) {
        state.withLock { $0.connections.moved(connection.id, to: .asking, now: .now) }
    }

    /// A request has come whole. Either the answer is returned, or the connection is suspended, the answer is gathered,
    /// and the connection is resumed with the exchange `answered`.
    func received(
        _ request: AdminRequest, in exchange: AdminExchange, on connection: MicroHTTPConnection
    ) -> MicroHTTPResponse? {
        switch AdminRoutes.decide(request, settings: settings.withLock { $0 }, readiness: source.readiness) {
        case .answer(let response):
            move(connection, to: .sending)
            return MicroHTTPResponse(response)
        case .stream(let after):
            return stream(after: after, isHead: request.method == "HEAD", on: connection)
        case .gather(let document):
            return wait(for: document, in: exchange, on: connection) { ticket, state in
                guard state.gatherings.join(ticket, for: document) else { return }
                Task { await self.gather(document) }
            }
        case .change(let change):
            return wait(for: nil, in: exchange, on: connection) { ticket, _ in
                // Nobody cancels it: half a change is worse than one that nobody waits for.
                Task {
                    let response = MicroHTTPResponse(.changed(await self.source.change(change)))
                    self.state.withLock { $0.answer(ticket, with: response) }
                }
            }
        }
    }

    /// Ends every stream, resumes every suspended connection with 503, and suspends none any more.
    func stop() {
        streams.stop()
        state.withLock { state in
            state.isStopping = true
            for ticket in Array(state.waiters.keys) {
                state.answer(ticket, with: MicroHTTPResponse(Self.stopping))
            }
        }
    }

    /// Ends what is past its deadline at `now`. Returns whether there are connections left to watch.
    func sweep(now: ContinuousClock.Instant) -> Bool {
        streams.sweep(now: now)
        return state.withLock { state in
            for (ticket, waiter) in state.waiters where waiter.deadline <= now {
                state.answer(ticket, with: MicroHTTPResponse(Self.tooSlow))
            }
            for socket in state.connections.expired(now: now) {
                MicroHTTPConnection.shutDown(socket: socket)
            }
            state.isSweeping = !state.connections.isEmpty
            return state.isSweeping
        }
    }

    private func sweepWhileThereAreConnections() async {
        repeat {
            try? await Task.sleep(for: timeouts.tick)
        } while sweep(now: .now)
    }

    private func move(_ connection: MicroHTTPConnection, to stage: AdminConnections.Stage) {
        state.withLock { $0.connections.moved(connection.id, to: stage, now: .now) }
    }

    private func stream(after: UInt64?, isHead: Bool, on connection: MicroHTTPConnection) -> MicroHTTPResponse {
        if isHead {
            move(connection, to: .sending)
            return MicroHTTPResponse(AdminResponse.events)
        }
        guard let reader = streams.open(connection, after: after) else {
            move(connection, to: .sending)
            return MicroHTTPResponse(Self.tooManyStreams)
        }
        move(connection, to: .streaming)
        return MicroHTTPResponse(.events, stream: EventStreamReader(streams: streams, number: reader))
    }

    /// Suspends the connection until its ticket is answered, for which `begin` shall see.
    private func wait(
        for document: AdminRoutes.Document?, in exchange: AdminExchange, on connection: MicroHTTPConnection,
        _ begin: (UInt64, inout State) -> Void
    ) -> MicroHTTPResponse? {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.connections.moved(connection.id, to: .gathering, now: now)
            guard !state.isStopping else { return MicroHTTPResponse(Self.stopping) }
            exchange.advance(to: .gathering)
            connection.suspend()
            let ticket = state.nextTicket
            state.nextTicket += 1
            state.waiters[ticket] = Waiter(
                exchange: exchange, connection: connection, deadline: now + timeouts.gather, document: document)
            begin(ticket, &state)
            return nil
        }
    }

    /// Gathers a document for all who ask for it, again and again while there are any.
    private func gather(_ document: AdminRoutes.Document) async {
        var isWanted = true
        while isWanted {
            let response = MicroHTTPResponse(await contents(of: document))
            isWanted = state.withLock { state in
                let (served, again) = state.gatherings.finish(document)
                for ticket in served {
                    state.answer(ticket, with: response)
                }
                return again
            }
        }
    }

    private func contents(of document: AdminRoutes.Document) async -> AdminResponse {
        switch document {
        case .metrics(let query, let gzip):
            let text = await source.metrics(query)
            guard gzip, let gzipped = Gzip.compressed(text) else {
                return .metrics(text, query, gzipped: false)
            }
            return .metrics(gzipped, query, gzipped: true)
        case .status(let upstream): return .status(await source.status(upstream: upstream))
        case .health: return .health(await source.health())
        case .configuration: return .configuration(await source.configuration())
        case .page: return .page(await source.page())
        }
    }

    private static let stopping = AdminResponse(status: 503, text: "stopping\n")
    private static let crowded = AdminResponse(status: 503, text: "too many connections\n")
    private static let tooSlow = AdminResponse(status: 503, text: "gathering this took too long\n")
    private static let tooManyStreams = AdminResponse(status: 503, text: "too many readers of the event stream\n")
}
