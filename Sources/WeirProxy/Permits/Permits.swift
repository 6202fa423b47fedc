internal import NIOCore
internal import WeirCore
internal import WeirRuntime

/// The permits of one upstream that have been given and not yet reported. Lives on the upstream's loop.
final class Permits {
    /// What was taken for a permit, and is owed back.
    private struct Permit {
        private let asked: Endpoint
        let cost: Int
        let admission: Admission
        let circuit: CircuitPermit?
        let givenAt: Instant
        let expiry: Scheduled<Void>

        init(
            _ endpoint: Endpoint, cost: Int, _ admission: Admission, _ circuit: CircuitPermit?, givenAt: Instant,
            expiry: Scheduled<Void>
        ) {
            asked = endpoint
            self.cost = cost
            self.admission = admission
            self.circuit = circuit
            self.givenAt = givenAt
            self.expiry = expiry
        }

        var endpoint: Endpoint { asked.current }
    }

    /// Permits at the same time, at most: what an application that never reports can have us keep.
    static let most = 65_536
    /// How long a permit waits for its report. A probe's waits as long as the circuit does for its outcome.
    static let lifetime = TimeSpan.seconds(60)

    private let upstream: String
    private let limiter: RateLimiter
    private let signals: ProviderSignals
    /// Where the events of the upstream itself go.
    var upstreamSink: EventSink
    private let loop: NIOIsolatedEventLoop
    private var outstanding: [String: Permit] = [:]

    init(
        of upstream: String, limiter: RateLimiter, signals: ProviderSignals, upstreamSink: @escaping EventSink,
        eventLoop: any EventLoop
    ) {
        self.upstream = upstream
        self.limiter = limiter
        self.signals = signals
        self.upstreamSink = upstreamSink
        loop = eventLoop.assumeIsolated()
    }

    /// How many there are.
    var count: Int { outstanding.count }

    /// Whether there is room for no further one.
    var isFull: Bool { count >= Self.most }

    /// Gives a permit for what has been taken.
    func give(
        _ endpoint: Endpoint, cost: Int, _ admission: Admission, _ circuit: CircuitPermit?, now: Instant
    ) -> PermitGrant {
        let isProbe = circuit?.isProbe ?? false
        let lifetime = isProbe ? endpoint.circuitSettings?.probeTimeout ?? Self.lifetime : Self.lifetime
        let name = "\(upstream).\(Self.secret())"
        let expiry = loop.scheduleTask(deadline: (now + lifetime).deadline) { [self] in
            expire(name, isProbe: isProbe)
        }
        outstanding[name] = Permit(endpoint, cost: cost, admission, circuit, givenAt: now, expiry: expiry)
        endpoint.inFlight += 1
        signals.began(endpoint.index, cost: cost)
        return PermitGrant(permit: name, waited: admission.waited, expiresIn: lifetime)
    }

    /// Tells what came of a permit. Returns false where there is no such permit any more.
    func report(_ name: String, _ report: PermitReport, wallOffset: TimeSpan, now: Instant) -> Bool {
        guard let permit = outstanding[name] else { return false }
        permit.expiry.cancel()
        let verdict = signals.heard(
            status: report.status, report.headers, for: permit.endpoint.index, cost: permit.cost,
            sentAt: permit.givenAt, wallOffset: wallOffset, now: now)
        switch report.result {
        case .success:
            end(name, permit, .success, .success, now: now)
        case .failure(let told):
            let code = verdict.isBan ? .ban : told
            permit.endpoint.emit(.attemptFailed(code))
            end(name, permit, .failure, code.callOutcome, now: now)
        case .ignored:
            end(name, permit, .ignored, .cancelled, now: now)
        }
        return true
    }

    /// Leaves no timer behind; what is outstanding is forgotten with the upstream.
    func shutDown() {
        for permit in outstanding.values { permit.expiry.cancel() }
        outstanding = [:]
    }

    /// Nobody will tell what came of it: its places are free, and a probe has failed.
    private func expire(_ name: String, isProbe: Bool) {
        guard let permit = outstanding[name] else { return }
        upstreamSink(.permitExpired)
        end(name, permit, isProbe ? .failure : .ignored, .cancelled, now: loop.nonisolated().instant)
    }

    private func end(_ name: String, _ permit: Permit, _ outcome: Outcome, _ call: CallOutcome, now: Instant) {
        outstanding[name] = nil
        permit.endpoint.report(permit.circuit, outcome, now: now)
        permit.endpoint.inFlight -= 1
        signals.ended(permit.endpoint.index, cost: permit.cost)
        permit.endpoint.emit(.attemptEnded(duration: now - permit.givenAt))
        permit.endpoint.emit(.callEnded(call))
        let admission = permit.admission
        limiter.onLoop { $0.release(admission, now: now) }
    }

    /// 128 bits that nobody guesses.
    private static func secret() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(random.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

extension FailureCode {
    /// How the call ended for its caller.
    fileprivate var callOutcome: CallOutcome {
        switch self {
        case .status429, .status500, .status502, .status503, .status504, .status5xx, .slow, .ban, .classified:
            .upstreamError
        case .timeout: .timeout
        case .connect, .tls, .network: .networkError
        }
    }
}
