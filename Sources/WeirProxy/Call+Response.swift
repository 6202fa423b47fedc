internal import NIOCore
internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// What the provider's connection tells a call.
extension Call {
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
        guard case .sent = phase, let downstream else { return }
        status = response.status
        responseFraming = .untilClose
        _ = relay(response, to: downstream, closes: false)
        phase = .responding
        report(.success, now: now)
        requestIsComplete = false
        kept = nil
        downstream.tunnel()
        noteProgress(now)
    }

    /// The response head.
    func received(_ response: ResponseHead, now: Instant) {
        guard case .sent = phase, let sentAt = attempt?.sentAt, let downstream else { return }
        let verdict = upstream.signals.heard(
            response, for: endpoint.index, cost: wishes.cost, sentAt: sentAt, wallOffset: upstream.wallOffset,
            now: now)
        if let code = verdict.isBan ? .ban : FailureCode(status: response.status) {
            reportFailure(code, now: now)
        }
        if retry(after: .status(response.status, retryAfter: verdict.retryAfter), now: now) { return }
        status = response.status
        stopwatch.answered(at: now)
        startClassifying(response)
        let closes = downstream.mustCloseAfter(requestIsComplete: requestIsComplete)
        responseFraming = relay(response, to: downstream, closes: closes)
        phase = .responding
        kept = nil
        noteProgress(now)
    }

    /// More of the response body.
    func received(body bytes: ByteBuffer, now: Instant) {
        guard case .responding = phase, let downstream else { return }
        if classifier != nil { classify(bytes, now: now) }
        if case .chunked = responseFraming {
            downstream.write(capacity: bytes.readableBytes + 20) { ChunkWriter.writeChunk(bytes, into: &$0) }
        } else {
            downstream.write(bytes)
        }
        noteProgress(now)
    }

    /// Sends what has been written towards the caller.
    func responseFlush() {
        downstream?.flush()
        noteFlush()
    }

    /// The response is complete.
    func responseEnded(now: Instant) {
        guard case .responding = phase, let downstream else { return }
        if classifier != nil { endClassifying(now: now) }
        if case .chunked = responseFraming { downstream.write(ChunkWriter.lastChunk) }
        settle(.success, now: now)
        end(Self.outcome(ofStatus: status))
        downstream.callEnded(closes: responseFraming.isUntilClose, now: now)
        noteFlush()
    }

    /// The provider can take more of the request again.
    func upstreamIsWritable() {
        downstream?.resumeBody()
    }

    /// The exchange broke; the connection has closed itself. `beforeFirstByte`: it had served before, and nothing of an
    /// answer had come.
    func upstreamFailed(_ code: FailureCode, isInvalid: Bool, beforeFirstByte: Bool, now: Instant) {
        if case .responding = phase {
            let resets = responseFraming.isUntilClose
            reportFailure(code, now: now)
            settle(.failure, now: now)
            let downstream = downstream
            end(.networkError)
            downstream?.cutShort(resets: resets)
            return
        }
        if beforeFirstByte, retry(after: .reusedConnectionClosed, now: now) { return }
        reportFailure(code, now: now)
        if !isInvalid, retry(after: .unanswered(.network), now: now) { return }
        settle(.failure, now: now)
        answer(isInvalid ? .invalid : .unreachable)
    }

    /// A moment has come that `wake` was set for.
    func timerFired(_ now: Instant) {
        guard let connection else { return }
        switch phase {
        case .sent: awaitResponse(on: connection, now: now)
        case .responding:
            // A caller that stops sending or reading is the caller's own affair; a provider that does is a failure.
            let isProviders = requestIsComplete && downstream?.isWritable ?? false
            if isProviders { reportFailure(.timeout, now: now) }
            settle(.ignored, now: now)
            let downstream = downstream
            end(isProviders ? .timeout : .cancelled)
            connection.abandon()
            downstream?.cutShort(resets: responseFraming.isUntilClose)
        case .waiting, .backingOff, .over:
            break
        }
    }

    private func awaitResponse(on connection: UpstreamConnection, now: Instant) {
        guard let attempt else { return }
        if let due = attempt.slowDue, due <= now {
            self.attempt?.slowDue = nil
            reportFailure(.slow, now: now)
        }
        guard attempt.responseDue <= now || requestDue <= now else { return connection.wake(nextWake) }
        if attempt.responseDue <= now {
            // A caller that is slow to send its own request is no failure of the provider.
            if requestIsComplete || !connection.isWritable { reportFailure(.timeout, now: now) }
            if retry(after: .unanswered(.timeout), now: now) { return }
        }
        settle(.ignored, now: now)
        connection.abandon()
        answer(.timedOut("The provider did not answer in time."))
    }

    private func relay(_ response: ResponseHead, to downstream: DownstreamConnection, closes: Bool) -> BodyFraming {
        var framing = BodyFraming.none
        downstream.write {
            framing = ResponseWriter.write(
                response, answering: head.version, close: closes, endpoint: endpoint.settings.name,
                waitNanoseconds: waited.nanoseconds, attempts: attempts, via: upstream.viaName, into: &$0)
        }
        return framing
    }

    private func noteFlush() {
        guard stopwatch.isRunning, let overhead = stopwatch.flushed(at: upstream.now) else { return }
        endpoint.emit(.overhead(overhead))
    }

    // MARK: What the body says

    private func startClassifying(_ response: ResponseHead) {
        let rules = upstream.signals.bodyRules
        guard !rules.isEmpty else { return }
        let type = response.first(.contentType)
        if rules.apply(
            status: response.status, contentType: type, contentEncoding: response.first(named: "content-encoding"))
        {
            classifier = BodyClassifier(rules)
        }
    }

    private func classify(_ bytes: ByteBuffer, now: Instant) {
        if classifier?.feed(bytes.readableBytesUInt8Span) == true { endClassifying(now: now) }
    }

    /// The answer looked like a success: what its body says counts, for the circuit and for the limits.
    private func endClassifying(now: Instant) {
        guard let meaning = classifier?.meaning, let sentAt = attempt?.sentAt else {
            classifier = nil
            return
        }
        classifier = nil
        upstream.signals.classified(meaning, for: endpoint.index, sentAt: sentAt, status: status, now: now)
        reportFailure(meaning == .ban ? .ban : .classified, now: now)
    }

    private static func outcome(ofStatus status: Int) -> CallOutcome {
        if FailureCode(status: status) != nil { return .upstreamError }
        return (400...499).contains(status) ? .clientError : .success
    }
}
