internal import NIOCore
internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// One call: from its head to its answer, through the line and one attempt or several at the provider.
///
/// Lives on its upstream's loop. It ends in `end`, whatever happened, and each attempt in `settle`: the two places where
/// what was taken is given back. What the provider's connection tells it is in `Call+Response`, what follows on a failure
/// in `Call+Retry`.
final class Call {
    enum Phase {
        /// Not yet entered, or in line (which the gate's books say).
        case waiting
        /// Its last attempt failed, and the next is to come.
        case backingOff
        /// Sent; no response head yet.
        case sent
        /// The response is on its way to the caller.
        case responding
        case over
    }

    let head: RequestHead
    let upstream: Upstream
    private(set) var wishes: CallWishes
    let arrived: Instant
    var endpoint: Endpoint { wishes.endpoint.current }
    /// The configuration under which the wishes were read.
    private var generation: UInt32

    /// Its place in line, kept by the gate; nil where it stands in none.
    var ticket: Ticket?
    /// A connection that has served before broke under it: the next attempt goes over a new one.
    var needsFreshConnection = false

    /// The caller's connection, and that of the attempt under way; both are let go when the call or the attempt is over.
    var downstream: DownstreamConnection?
    var connection: UpstreamConnection?
    var phase = Phase.waiting
    var attempt: Attempt?
    var attempts = 0
    var waited = TimeSpan.zero
    var status = 0
    var requestIsComplete: Bool
    /// How the response is framed towards the caller.
    var responseFraming = BodyFraming.none
    var classifier: BodyClassifier?
    var kept: KeptBody?
    /// Why the next attempt is a further one; nil for the first.
    var retryReason: RetryReason?
    /// Whether a retry of the budget is reserved for it.
    var holdsBudget = false
    var stopwatch = Stopwatch()

    /// A call that has come over `downstream`.
    ///
    /// - Throws: `Malformed`, where what it asks for itself makes no sense.
    init(
        _ head: RequestHead, to upstream: Upstream, from downstream: DownstreamConnection, now: Instant
    ) throws(Malformed) {
        wishes = try CallWishes(head, to: upstream, peer: downstream.peer)
        self.head = head
        self.upstream = upstream
        self.downstream = downstream
        arrived = now
        generation = upstream.generation
        requestIsComplete = head.framing.isEmpty
        if !requestIsComplete, endpoint.planner.isOn, upstream.isEnforcing, endpoint.isRepeatable(head) {
            kept = KeptBody(most: endpoint.settings.retry.maxBody)
        }
        upstream.callBegan()
    }

    /// What the next attempt asks of the limits.
    func demand(now: Instant) -> Demand {
        if generation != upstream.generation { followConfiguration() }
        let last = lastAdmission
        // Where nothing but a connection is missing, the time to connect is granted to those who would not wait.
        let wait = max(wishes.maxWait, upstream.settings.timeouts.connect)
        return Demand(
            endpoint: endpoint.index, cost: wishes.cost, priority: wishes.priority, keys: wishes.keys,
            deadline: min(now + wishes.maxWait, last), readyDeadline: min(now + wait, last))
    }

    /// The last moment at which an attempt may be admitted, however long it would wait.
    var lastAdmission: Instant {
        min(requestDue, wishes.expiry ?? .distantFuture)
    }

    /// When the response head has to be there, however many attempts it takes.
    var requestDue: Instant { arrived + upstream.settings.timeouts.request }

    /// Asks for admission, the first time.
    func begin(now: Instant) {
        upstream.retries.recordCall(now: now)
        if let expiry = wishes.expiry, expiry < now {
            endpoint.emit(.lineRefused(.rateLimited))
            return answer(.expired)
        }
        upstream.gate.enter(.call(self), now: now)
    }

    // MARK: Told by the gate

    /// Admitted: the head goes out on `connection` now.
    func start(on connection: UpstreamConnection, permit: CircuitPermit?, admission: Admission, now: Instant) {
        waited = waited + admission.waited
        attempts += 1
        noteRetrySent(now: now)
        let endpoint = endpoint
        endpoint.inFlight += 1
        upstream.signals.began(endpoint.index, cost: wishes.cost)
        attempt = Attempt(
            admission: admission, permit: permit, sentAt: now,
            responseDue: now + upstream.settings.timeouts.response,
            slowDue: endpoint.circuitSettings?.slowCall.map { now + $0 })
        phase = .sent
        self.connection = connection
        connection.begin(self, method: head.method)
        connection.write { upstream.writer.write(head, into: &$0) }
        if let kept = kept?.bytes, kept.readableBytes > 0 { send(body: kept, on: connection) }
        connection.wake(nextWake)
        if requestIsComplete { endBody(on: connection) }
        downstream?.resumeBody()
        connection.flush()
        stopwatch.sent(since: now, at: upstream.now)
    }

    /// Not admitted.
    func refuse(_ refusal: Refusal) {
        answer(Answer(refusal))
    }

    // MARK: Told by the caller's connection

    /// Whether the body may be passed on now.
    var takesBody: Bool {
        switch phase {
        case .waiting, .backingOff: false
        case .sent, .responding: connection?.isWritable ?? false
        case .over: true
        }
    }

    /// More of the request body.
    func received(requestBody bytes: ByteBuffer, now: Instant) {
        guard let connection else { return }
        kept?.append(bytes)
        send(body: bytes, on: connection)
        noteProgress(now)
    }

    /// The request body is complete.
    func requestBodyEnded() {
        requestIsComplete = true
        if let connection { endBody(on: connection) }
    }

    /// Sends what has been written towards the provider.
    func requestFlush() {
        connection?.flush()
    }

    /// The caller can take more again, or cannot.
    func callerIsWritable(_ writable: Bool) {
        connection?.setReading(writable)
    }

    /// The caller is gone, or sent what cannot be understood (`outcome`): nothing more is written to it, but for `answer`.
    func abandon(_ outcome: CallOutcome, answer: Answer? = nil, now: Instant) {
        if case .waiting = phase { upstream.gate.withdraw(.call(self), now: now) }
        let connection = connection
        settle(.ignored, now: now)
        // A tunnel ends when either side has had enough.
        end(status == 101 ? .success : outcome, answer: answer)
        connection?.abandon()
    }

    /// Whether a response head has gone to the caller.
    var hasAnswered: Bool {
        if case .responding = phase { true } else { false }
    }

    // MARK: Its end

    /// The attempt is over: its permit and its places are given back.
    func settle(_ outcome: Outcome, now: Instant) {
        guard let attempt = attempt.take() else { return }
        let endpoint = endpoint
        connection = nil
        endpoint.report(attempt.permit, outcome, now: now)
        endpoint.inFlight -= 1
        upstream.signals.ended(endpoint.index, cost: wishes.cost)
        endpoint.emit(.attemptEnded(duration: now - attempt.sentAt))
        upstream.gate.release(attempt.admission, now: now)
    }

    /// Counts the failure of the attempt, once: the permit is spent with it.
    func reportFailure(_ code: FailureCode, now: Instant) {
        guard let attempt, !attempt.hasFailed else { return }
        self.attempt?.hasFailed = true
        endpoint.emit(.attemptFailed(code))
        report(.failure, now: now)
    }

    /// Tells the outcome before the attempt is over: its permit is spent.
    func report(_ outcome: Outcome, now: Instant) {
        let permit = attempt?.permit
        attempt?.permit = nil
        endpoint.report(permit, outcome, now: now)
    }

    /// Answers in Weir's own name.
    func answer(_ answer: Answer) {
        guard !isOver else { return }
        let downstream = downstream
        end(answer.outcome, answer: answer)
        downstream?.answer(answer, upstream: upstream.settings.name, endpoint: endpoint.settings.name)
    }

    /// The call is over; Weir answers it itself with `answer`, if that is given.
    func end(_ outcome: CallOutcome, answer: Answer? = nil) {
        guard !isOver else { return }
        phase = .over
        giveUpRetry()
        if let tell = downstream?.accessSink { tell(accessRecord(outcome, answer)) }
        downstream = nil
        endpoint.emit(.callEnded(outcome))
        upstream.callEnded()
    }

    private func accessRecord(_ outcome: CallOutcome, _ answer: Answer?) -> AccessRecord {
        var record = AccessRecord(head, outcome: outcome, answer: answer)
        record.upstream = upstream.settings.name
        record.endpoint = endpoint.settings.name
        if answer == nil, status != 0 { record.status = status }
        record.attempts = attempts
        record.waited = waited
        record.duration = upstream.now - arrived
        return record
    }

    var isOver: Bool {
        if case .over = phase { true } else { false }
    }

    // MARK: Within

    private func followConfiguration() {
        generation = upstream.generation
        wishes.renewKeys(head, upstream: upstream, peer: downstream?.peer)
    }

    /// When the connection is to wake the call that waits for its response.
    var nextWake: Instant {
        min(attempt?.responseDue ?? .distantFuture, requestDue, attempt?.slowDue ?? .distantFuture)
    }

    func noteProgress(_ now: Instant) {
        guard case .responding = phase else { return }
        connection?.wake(now + upstream.settings.timeouts.idle)
    }

    private func send(body bytes: ByteBuffer, on connection: UpstreamConnection) {
        if case .chunked = head.framing {
            connection.write(capacity: bytes.readableBytes + 20) { ChunkWriter.writeChunk(bytes, into: &$0) }
        } else {
            connection.write(bytes)
        }
    }

    private func endBody(on connection: UpstreamConnection) {
        if case .chunked = head.framing { connection.write(ChunkWriter.lastChunk) }
        connection.requestEnded()
    }
}
