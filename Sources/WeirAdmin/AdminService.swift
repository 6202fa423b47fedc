import Synchronization

/// The admin endpoint without its sockets: decides what to answer, gathers on workers what must be gathered, and keeps
/// the deadlines. libmicrohttpd's thread calls it and never waits here for more than a lock held for a moment.
final class AdminService: Sendable {
    private struct Gathering {
        let exchange: AdminExchange
        let connection: MicroHTTPConnection
        let deadline: ContinuousClock.Instant
        let task: Task<Void, Never>
    }

    private struct State {
        var isStopping = false
        var isSweeping = false
        var deadlines: ConnectionDeadlines
        /// The suspended connections, each by a number of its own: what comes late finds nothing.
        var gatherings: [UInt64: Gathering] = [:]
        var nextTicket: UInt64 = 0
    }

    private let settings: AdminSettings
    private let timeouts: AdminTimeouts
    private let source: any AdminSource
    private let state: Mutex<State>

    init(settings: AdminSettings, timeouts: AdminTimeouts, source: any AdminSource) {
        self.settings = settings
        self.timeouts = timeouts
        self.source = source
        state = Mutex(State(deadlines: ConnectionDeadlines(timeouts: timeouts)))
    }

    /// A connection was opened.
    func opened(_ connection: MicroHTTPConnection) {
        state.withLock { state in
            state.deadlines.opened(connection.id, socket: connection.socket, now: .now)
            if !state.isSweeping {
                state.isSweeping = true
                Task { await self.sweepWhileThereAreConnections() }
            }
        }
    }

    /// A connection is about to be closed; its socket must not be touched from here on.
    func closed(_ connection: MicroHTTPConnection) {
        state.withLock { $0.deadlines.closed(connection.id) }
    }

    /// An exchange has ended, whether its answer was taken or not.
    func completed(on connection: MicroHTTPConnection) {
        state.withLock { $0.deadlines.requestCompleted(connection.id, now: .now) }
    }

    /// A request has come whole. Either the answer is returned, or the connection is suspended, the answer is gathered,
    /// and the connection is resumed with the exchange `answered`.
    func received(
        _ request: AdminRequest, in exchange: AdminExchange, on connection: MicroHTTPConnection
    ) -> AdminResponse? {
        let now = ContinuousClock.now
        switch AdminRoutes.decide(request, settings: settings, readiness: source.readiness) {
        case .answer(let response):
            state.withLock { $0.deadlines.requestReceived(connection.id, now: now) }
            return response
        case .gather(let gather):
            return state.withLock { state in
                guard !state.isStopping else { return Self.stopping }
                state.deadlines.requestReceived(connection.id, now: now)
                exchange.advance(to: .gathering)
                connection.suspend()
                let ticket = state.nextTicket
                state.nextTicket += 1
                let task = Task {
                    let response = MicroHTTPResponse(await self.perform(gather))
                    self.finish(ticket, with: response)
                }
                state.gatherings[ticket] = Gathering(
                    exchange: exchange, connection: connection, deadline: now + timeouts.gather, task: task)
                return nil
            }
        }
    }

    /// Resumes every suspended connection with 503 and suspends none any more.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            for ticket in Array(state.gatherings.keys) {
                Self.end(ticket, in: &state, with: MicroHTTPResponse(Self.stopping))
            }
        }
    }

    /// Ends what is past its deadline at `now`. Returns whether there are connections left to watch.
    func sweep(now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            for (ticket, gathering) in state.gatherings where gathering.deadline <= now {
                Self.end(ticket, in: &state, with: MicroHTTPResponse(Self.tooSlow))
            }
            for socket in state.deadlines.expired(now: now) {
                MicroHTTPConnection.shutDown(socket: socket)
            }
            state.isSweeping = !state.deadlines.isEmpty
            return state.isSweeping
        }
    }

    private func sweepWhileThereAreConnections() async {
        repeat {
            try? await Task.sleep(for: timeouts.tick)
        } while sweep(now: .now)
    }

    private func perform(_ gather: AdminRoutes.Gather) async -> AdminResponse {
        switch gather {
        case .metrics: AdminRoutes.answer(metrics: await source.metrics())
        case .status(let upstream): AdminRoutes.answer(status: await source.status(upstream: upstream))
        }
    }

    private func finish(_ ticket: UInt64, with response: MicroHTTPResponse) {
        state.withLock { Self.end(ticket, in: &$0, with: response) }
    }

    /// The only place where a suspended connection is resumed, which libmicrohttpd allows exactly once.
    private static func end(_ ticket: UInt64, in state: inout State, with response: MicroHTTPResponse) {
        guard let gathering = state.gatherings.removeValue(forKey: ticket) else { return }
        gathering.exchange.advance(to: .answered(response))
        gathering.connection.resume()
        gathering.task.cancel()
    }

    private static let stopping = AdminResponse(status: 503, text: "stopping\n")
    private static let tooSlow = AdminResponse(status: 503, text: "gathering this took too long\n")
}
