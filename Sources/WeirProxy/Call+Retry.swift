internal import NIOCore
internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// What follows on an attempt that failed.
extension Call {
    /// Plans a further attempt, if there is to be one. Returns false, and has done nothing, where the failure is final.
    func retry(after failure: AttemptFailure, now: Instant) -> Bool {
        guard case .sent = phase, endpoint.retries(after: failure), upstream.isEnforcing else { return false }
        return follow(plan(after: failure, now: now), now: now)
    }

    /// No connection could be made for it when its turn had come.
    func connectFailed(_ code: FailureCode, now: Instant) {
        attempts += 1
        noteRetrySent(now: now)
        if endpoint.planner.isOn, upstream.isEnforcing, follow(plan(after: .unanswered(.connect), now: now), now: now) {
            return
        }
        answer(code == .timeout ? .timedOut("The provider could not be reached in time.") : .unreachable)
    }

    /// The next attempt is sent, if it is a further one.
    func noteRetrySent(now: Instant) {
        guard let retryReason else { return }
        if holdsBudget { upstream.retries.sent(now: now) }
        holdsBudget = false
        needsFreshConnection = false
        self.retryReason = nil
        endpoint.emit(.retried(retryReason))
    }

    /// There is no next attempt after all.
    func giveUpRetry() {
        upstream.retries.endBackoff(of: self)
        if holdsBudget { upstream.retries.giveBack() }
        holdsBudget = false
        retryReason = nil
    }

    /// The backoff is over: asks for admission anew.
    func backoffEnded(now: Instant) {
        guard case .backingOff = phase else { return }
        phase = .waiting
        upstream.gate.enter(.call(self), now: now)
    }

    private func plan(after failure: AttemptFailure, now: Instant) -> RetryPlan {
        let projected = upstream.gate.projection(self, now: now)
        let circumstances = RetryCircumstances(
            attempts: attempts, isRepeatable: endpoint.isRepeatable(head),
            holdsBody: head.framing.isEmpty || kept?.bytes != nil, circuitIsClosed: endpoint.circuitIsClosed(now: now),
            projectedAdmission: projected > now + wishes.maxWait ? .distantFuture : projected, deadline: lastAdmission)
        return upstream.retries.plan(endpoint.planner, after: failure, circumstances, now: now)
    }

    private func follow(_ plan: RetryPlan, now: Instant) -> Bool {
        switch plan {
        case .stop(let why):
            if why == .budgetExhausted { endpoint.emit(.retryBudgetExhausted) }
            return false
        case .replay:
            leaveAttempt(now: now)
            needsFreshConnection = true
            retryReason = .network
            phase = .waiting
            upstream.gate.enter(.call(self), now: now)
        case .retry(let moment, let reason):
            leaveAttempt(now: now)
            retryReason = reason
            holdsBudget = true
            phase = .backingOff
            upstream.retries.beginBackoff(of: self, until: moment)
        }
        return true
    }

    /// The attempt is over and its answer, or the rest of it, is nobody's.
    private func leaveAttempt(now: Instant) {
        let connection = connection
        settle(.ignored, now: now)
        connection?.discard()
    }
}
