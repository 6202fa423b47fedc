internal import NIOCore
internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// One call: from its head to its answer, through the line and one attempt at the provider.
///
/// Lives on its upstream's loop. It ends in `end`, whatever happened, and its attempt in `settle`: the two places where
/// what was taken is given back.
final class Call {
    private enum Phase {
        /// Not yet entered, or in line (which the gate's books say).
        case waiting
        /// Sent; no response head yet.
        case sent(UpstreamConnection)
        /// The response is on its way to the caller.
        case responding(UpstreamConnection, BodyFraming)
        case over
    }

    let head: RequestHead
    let upstream: Upstream
    let wishes: CallWishes
    let arrived: Instant
    var endpoint: Endpoint { wishes.endpoint }

    /// Its place in line, kept by the gate; nil where it stands in none.
    var ticket: Ticket?

    private weak var downstream: DownstreamConnection?
    private var phase = Phase.waiting
    private var permit: CircuitPermit?
    private var waited = TimeSpan.zero
    private var attempts = 0
    private var hasFailed = false
    private var status = 0
    private var requestIsComplete: Bool
    private var responseDue = Instant.distantFuture
    private var slowDue: Instant?

    init(
        _ head: RequestHead, to upstream: Upstream, wishes: CallWishes, from downstream: DownstreamConnection,
        now: Instant
    ) {
        self.head = head
        self.upstream = upstream
        self.wishes = wishes
        self.downstream = downstream
        arrived = now
        requestIsComplete = head.framing == .none || head.framing == .counted(0)
    }

    /// What the call asks of the limits.
    var demand: Demand {
        let last = arrived + upstream.settings.timeouts.request
        let wait = max(wishes.maxWait, upstream.settings.timeouts.connect)
        return Demand(
            endpoint: endpoint.index, cost: wishes.cost, priority: wishes.priority,
            deadline: min(arrived + wishes.maxWait, last), readyDeadline: min(arrived + wait, last))
    }

    // MARK: Told by the gate

    /// Admitted: the head goes out on `connection` now.
    func start(on connection: UpstreamConnection, permit: CircuitPermit?, waited: TimeSpan, now: Instant) {
        self.permit = permit
        self.waited = self.waited + waited
        attempts += 1
        endpoint.inFlight += 1
        phase = .sent(connection)
        var buffer = connection.makeBuffer(capacity: 1024)
        upstream.writer.write(head, into: &buffer)
        connection.begin(self, head: buffer, method: head.method)
        responseDue = now + upstream.settings.timeouts.response
        slowDue = endpoint.circuitSettings?.slowCall.map { now + $0 }
        connection.wake(nextWake)
        if requestIsComplete { connection.requestEnded() }
        downstream?.resumeBody()
        connection.flush()
    }

    /// Not admitted.
    func refuse(_ refusal: Refusal) {
        answer(Answer(refusal))
    }

    /// No connection could be made for it when its turn had come.
    func connectFailed(_ code: FailureCode) {
        answer(code == .timeout ? .timedOut("The provider could not be reached in time.") : .unreachable)
    }

    // MARK: Told by the caller's connection

    /// Whether the body may be passed on now.
    var takesBody: Bool {
        switch phase {
        case .waiting: false
        case .sent(let connection), .responding(let connection, _): connection.isWritable
        case .over: true
        }
    }

    /// More of the request body.
    func received(requestBody bytes: ByteBuffer, now: Instant) {
        guard let connection else { return }
        if head.framing == .chunked {
            var chunk = connection.makeBuffer(capacity: bytes.readableBytes + 20)
            ChunkWriter.writeChunk(bytes, into: &chunk)
            connection.write(chunk)
        } else {
            connection.write(bytes)
        }
        noteProgress(now)
    }

    /// The request body is complete.
    func requestBodyEnded() {
        requestIsComplete = true
        guard let connection else { return }
        if head.framing == .chunked { connection.write(ChunkWriter.lastChunk) }
        connection.requestEnded()
    }

    /// Sends what has been written towards the provider.
    func requestFlush() {
        connection?.flush()
    }

    /// The caller can take more again, or cannot.
    func callerIsWritable(_ writable: Bool) {
        connection?.setReading(writable)
    }

    /// The caller is gone, or sent what cannot be understood (`outcome`): nothing more is written to it.
    func abandon(_ outcome: CallOutcome, now: Instant) {
        if case .waiting = phase { upstream.gate.withdraw(self, now: now) }
        let connection = connection
        settle(.ignored, now: now)
        // A tunnel ends when either side has had enough.
        end(status == 101 ? .success : outcome)
        connection?.abandon()
    }

    // MARK: Told by the provider's connection

    /// A 1xx response.
    func received(informational head: ResponseHead) {
        guard case .sent = phase, let downstream else { return }
        _ = relay(head, to: downstream, closes: false)
        downstream.flush()
    }

    /// Whether the provider may switch to the WebSocket protocol.
    var offersUpgrade: Bool { head.upgradesToWebSocket }

    /// The provider has switched protocols: from here on both sides are relayed as they come. To the circuit this is a
    /// success, since a tunnel may stay open for long.
    func upgraded(_ response: ResponseHead, now: Instant) {
        guard case .sent(let connection) = phase, let downstream else { return }
        status = response.status
        _ = relay(response, to: downstream, closes: false)
        phase = .responding(connection, .untilClose)
        report(.success, now: now)
        requestIsComplete = false
        downstream.tunnel()
        noteProgress(now)
    }

    /// The response head.
    func received(_ response: ResponseHead, now: Instant) {
        guard case .sent(let connection) = phase, let downstream else { return }
        status = response.status
        if let code = FailureCode(status: status) {
            reportFailure(code, now: now)
        }
        let closes = downstream.mustCloseAfter(requestIsComplete: requestIsComplete)
        let framing = relay(response, to: downstream, closes: closes)
        phase = .responding(connection, framing)
        noteProgress(now)
    }

    /// More of the response body.
    func received(body bytes: ByteBuffer, now: Instant) {
        guard case .responding(_, let framing) = phase, let downstream else { return }
        if framing == .chunked {
            downstream.write { ChunkWriter.writeChunk(bytes, into: &$0) }
        } else {
            downstream.write(bytes)
        }
        noteProgress(now)
    }

    /// Sends what has been written towards the caller.
    func responseFlush() {
        downstream?.flush()
    }

    /// The response is complete.
    func responseEnded(now: Instant) {
        guard case .responding(_, let framing) = phase, let downstream else { return }
        if framing == .chunked { downstream.write(ChunkWriter.lastChunk) }
        settle(.success, now: now)
        end(Self.outcome(ofStatus: status))
        downstream.callEnded(closes: framing == .untilClose, now: now)
    }

    /// The provider can take more of the request again.
    func upstreamIsWritable() {
        downstream?.resumeBody()
    }

    /// The exchange broke; the connection has closed itself.
    func upstreamFailed(_ code: FailureCode, isInvalid: Bool, now: Instant) {
        let framing = responseFraming
        reportFailure(code, now: now)
        settle(.failure, now: now)
        if let framing {
            end(.networkError)
            downstream?.cutShort(resets: framing == .untilClose)
        } else {
            answer(isInvalid ? .invalid : .unreachable)
        }
    }

    /// A moment has come that `wake` was set for.
    func timerFired(_ now: Instant) {
        switch phase {
        case .sent(let connection):
            if let due = slowDue, due <= now {
                slowDue = nil
                reportFailure(.slow, now: now)
            }
            let requestDue = arrived + upstream.settings.timeouts.request
            guard responseDue <= now || requestDue <= now else { return connection.wake(nextWake) }
            // A caller that is slow to send its own request is no failure of the provider.
            if responseDue <= now, requestIsComplete || !connection.isWritable { reportFailure(.timeout, now: now) }
            settle(.ignored, now: now)
            connection.abandon()
            answer(.timedOut("The provider did not answer in time."))
        case .responding(let connection, _):
            // A caller that stops sending or reading is the caller's own affair; a provider that does is a failure.
            let isProviders = requestIsComplete && downstream?.isWritable ?? false
            if isProviders { reportFailure(.timeout, now: now) }
            settle(.ignored, now: now)
            let framing = responseFraming
            end(isProviders ? .timeout : .cancelled)
            connection.abandon()
            downstream?.cutShort(resets: framing == .untilClose)
        case .waiting, .over:
            break
        }
    }

    /// Whether a response head has gone to the caller.
    var hasAnswered: Bool { responseFraming != nil }

    // MARK: Within

    private func relay(_ response: ResponseHead, to downstream: DownstreamConnection, closes: Bool) -> BodyFraming {
        var framing = BodyFraming.none
        downstream.write {
            framing = ResponseWriter.write(
                response, answering: head.version, close: closes, endpoint: endpoint.settings.name,
                waitNanoseconds: waited.nanoseconds, attempts: attempts, into: &$0)
        }
        return framing
    }

    /// How the response is framed towards the caller; nil before its head has gone.
    private var responseFraming: BodyFraming? {
        if case .responding(_, let framing) = phase { framing } else { nil }
    }

    private var connection: UpstreamConnection? {
        switch phase {
        case .sent(let connection), .responding(let connection, _): connection
        case .waiting, .over: nil
        }
    }

    private var nextWake: Instant {
        min(responseDue, arrived + upstream.settings.timeouts.request, slowDue ?? .distantFuture)
    }

    private func noteProgress(_ now: Instant) {
        guard case .responding(let connection, _) = phase else { return }
        connection.wake(now + upstream.settings.timeouts.idle)
    }

    /// Counts the failure of the attempt, once: the permit is spent with it.
    private func reportFailure(_ code: FailureCode, now: Instant) {
        guard !hasFailed else { return }
        hasFailed = true
        endpoint.emit(.attemptFailed(code))
        report(.failure, now: now)
    }

    private func report(_ outcome: Outcome, now: Instant) {
        let spent = permit
        permit = nil
        endpoint.report(spent, outcome, now: now)
    }

    /// The attempt is over: its permit and its place are given back.
    private func settle(_ outcome: Outcome, now: Instant) {
        guard connection != nil else { return }
        endpoint.inFlight -= 1
        report(outcome, now: now)
    }

    private func answer(_ answer: Answer) {
        guard !isOver else { return }
        end(answer.outcome)
        downstream?.answer(answer, upstream: upstream.settings.name, endpoint: endpoint.settings.name)
    }

    private var isOver: Bool {
        if case .over = phase { true } else { false }
    }

    private func end(_ outcome: CallOutcome) {
        guard !isOver else { return }
        phase = .over
        endpoint.emit(.callEnded(outcome))
    }

    private static func outcome(ofStatus status: Int) -> CallOutcome {
        if FailureCode(status: status) != nil { return .upstreamError }
        return (400...499).contains(status) ? .clientError : .success
    }
}
