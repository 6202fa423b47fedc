internal import NIOCore
internal import WeirCore
internal import WeirHTTP
internal import WeirRuntime

/// What a provider's answers mean for our limits: its stops and bans, its 429s, and its own count of our quota.
///
/// Decides nothing itself: it hands answers to the deciders of `WeirCore` and does what they say to the limiter.
final class ProviderSignals {
    /// What an answer has told beside what went to the limiter.
    struct Verdict {
        /// The answer says that we are banned.
        var isBan = false
        /// How long the provider asks to wait.
        var retryAfter: TimeSpan?
    }

    /// The quota of the provider that one or all endpoints share, as it says itself.
    private struct Quota {
        var view: ProviderView
        /// Who is delayed by it.
        let scope: HoldScope
        /// The limit of ours that it speaks for.
        let limit: Int?
        /// Units of the attempts in flight.
        var inFlight = 0
        var delay: TimeSpan?
        var delayUntil = Instant.distantFuture
    }

    /// The moment of a freeze or ban that lasts longest; before it the limiter has to be asked.
    private(set) var frozenUntil = Instant(nanoseconds: .min)
    let bodyRules: BodyRules

    /// Whether anything is made of what the provider says.
    private let isOn: Bool
    private let reader: ProviderHeaderReader
    private let names: FieldNameSet
    private let freezes: FreezePlan
    private let limiter: RateLimiter
    private let endpoints: [(emit: EventSink, needs: [Int])]
    private var quotas: [Quota]
    /// The place of each endpoint's quota.
    private let quotaOf: [Int]
    private var factors: [LimitFactor]
    private var timer: DeadlineTimer?

    /// The signals of an upstream with these `endpoints`, whose limits `control` knows.
    init(
        _ settings: UpstreamSettings, endpoints: [Endpoint], control: AdmissionControl,
        upstreamSink: @escaping EventSink, limiter: RateLimiter, eventLoop: any EventLoop
    ) {
        let feedback = settings.feedback
        isOn = settings.mode != .off
        reader = ProviderHeaderReader(feedback.headers)
        names = FieldNameSet(reader.names)
        freezes = FreezePlan(feedback)
        bodyRules = BodyRules(feedback.classify)
        self.limiter = limiter
        var factors = settings.limits.map { LimitFactor($0, feedback, emit: upstreamSink) }
        var rows: [(EventSink, [Int])] = []
        for endpoint in endpoints {
            let own = factors.count..<factors.count + endpoint.settings.limits.count
            rows.append((endpoint.emit, Array(settings.limits.indices) + Array(own)))
            factors += endpoint.settings.limits.map { LimitFactor($0, feedback, emit: endpoint.emit) }
        }
        self.factors = factors
        self.endpoints = rows
        let shared = feedback.limit.flatMap { control.limit(named: $0, endpoint: nil) }
        if let shared {
            quotas = [Quota(view: ProviderView(feedback), scope: .upstream, limit: shared)]
            quotaOf = endpoints.map { _ in 0 }
        } else {
            quotas = endpoints.indices.map { index in
                let own = feedback.limit.flatMap { control.limit(named: $0, endpoint: index) }
                return Quota(view: ProviderView(feedback), scope: .endpoint(index), limit: own)
            }
            quotaOf = Array(endpoints.indices)
        }
        timer = DeadlineTimer(on: eventLoop.assumeIsolated()) { [self] in timerFired($0) }
    }

    /// An attempt of so many units is sent.
    func began(_ endpoint: Int, cost: Int) {
        quotas[quotaOf[endpoint]].inFlight += cost
    }

    /// An attempt of so many units is over.
    func ended(_ endpoint: Int, cost: Int) {
        quotas[quotaOf[endpoint]].inFlight -= cost
    }

    /// The head of an answer to an attempt of `cost` units that was sent at `sentAt`.
    func heard(
        _ head: ResponseHead, for endpoint: Int, cost: Int, sentAt: Instant, wallOffset: TimeSpan, now: Instant
    ) -> Verdict {
        guard isOn else { return Verdict() }
        let time = HeaderTime(now: now, wallOffset: wallOffset)
        if head.mayContain(names), let reading = reader.read(time, { head.first(named: $0) }) {
            heard(reading, for: endpoint, cost: cost, now: now)
        }
        guard head.status >= 400 else { return Verdict() }
        let retryAfter = head.first(.retryAfter).flatMap(time.retryAfter)
        return heard(failure: head.status, retryAfter: retryAfter, for: endpoint, sentAt: sentAt, now: now)
    }

    /// What the holder of a permit tells of its answer: the status (nil: there was no answer), and headers by their names
    /// in lower case.
    func heard(
        status: Int?, _ headers: [String: String], for endpoint: Int, cost: Int, sentAt: Instant,
        wallOffset: TimeSpan, now: Instant
    ) -> Verdict {
        guard isOn else { return Verdict() }
        let time = HeaderTime(now: now, wallOffset: wallOffset)
        if let reading = reader.read(time, { headers[$0] }) { heard(reading, for: endpoint, cost: cost, now: now) }
        guard let status, status >= 400 else { return Verdict() }
        let retryAfter = headers["retry-after"].flatMap(time.retryAfter)
        return heard(failure: status, retryAfter: retryAfter, for: endpoint, sentAt: sentAt, now: now)
    }

    /// The body of an answer has turned out to mean something else than its status.
    func classified(
        _ meaning: ClassifyRule.Meaning, for endpoint: Int, sentAt: Instant, status: Int, now: Instant
    ) {
        if let freeze = freezes.freeze(meaning, retryAfter: nil, now: now) {
            stop(freeze, status: status, endpoint: endpoint, now: now)
        }
        if meaning == .rateLimited { shrink(endpoint, sentAt: sentAt, now: now) }
    }

    /// How busy this host is: shares (0...1) of its processors and of its memory.
    func observeHost(cpu: Double, memory: Double, now: Instant) {
        for place in factors.indices where factors[place].observe(cpu: cpu, memory: memory) {
            apply(place, now: now)
        }
    }

    /// What the provider last said, of the upstream's quota (nil where each endpoint has its own) and of each endpoint's.
    var views: (upstream: ProviderView?, endpoints: [ProviderView?]) {
        if case .upstream? = quotas.first?.scope { return (quotas[0].view, endpoints.map { _ in nil }) }
        return (nil, quotas.map(\.view))
    }

    /// The limiter has a stop from before a restart.
    func remember(stopUntil until: Instant) {
        frozenUntil = max(frozenUntil, until)
    }

    /// Leaves no timer behind.
    func shutDown() {
        timer?.cancel()
    }

    // MARK: Within

    private func heard(
        failure status: Int, retryAfter: TimeSpan?, for endpoint: Int, sentAt: Instant, now: Instant
    ) -> Verdict {
        if let freeze = freezes.freeze(status: status, retryAfter: retryAfter, now: now) {
            stop(freeze, status: status, endpoint: endpoint, now: now)
        }
        if status == 429 { shrink(endpoint, sentAt: sentAt, now: now) }
        return Verdict(isBan: freezes.isBan(status: status), retryAfter: retryAfter)
    }

    private func heard(_ reading: ProviderReading, for endpoint: Int, cost: Int, now: Instant) {
        let place = quotaOf[endpoint]
        let limit = quotas[place].limit
        let own = limit.flatMap { limit in
            limiter.onLoop { $0.snapshot(of: limit, now: now) }.flatMap(ProviderView.OwnLimit.init)
        }
        let others = quotas[place].inFlight - cost
        guard let advice = quotas[place].view.heard(reading, inFlight: others, own: own, now: now) else { return }
        if let limit {
            let until = advice.until
            limiter.onLoop { $0.setAllowance(limit, units: advice.allowance, until: until, now: now) }
        }
        setDelay(place, advice.delay, until: advice.until, now: now)
        if let warning = advice.warning { endpoints[endpoint].emit(.quotaLow(remaining: warning)) }
    }

    private func stop(_ freeze: FreezeOrder, status: Int, endpoint: Int, now: Instant) {
        frozenUntil = max(frozenUntil, freeze.until)
        let scope: HoldScope = freeze.scope == .upstream ? .upstream : .endpoint(endpoint)
        limiter.onLoop {
            $0.freeze(scope, until: freeze.until, isBan: freeze.isBan, status: status, now: now)
        }
    }

    private func shrink(_ endpoint: Int, sentAt: Instant, now: Instant) {
        for place in endpoints[endpoint].needs where factors[place].refused(sentAt: sentAt, now: now) {
            apply(place, now: now)
        }
    }

    private func apply(_ place: Int, now: Instant) {
        let factor = factors[place].factor
        limiter.onLoop { $0.setFactor(place, factor, now: now) }
        setTimer()
    }

    private func setDelay(_ place: Int, _ delay: TimeSpan?, until: Instant, now: Instant) {
        quotas[place].delayUntil = delay == nil ? .distantFuture : until
        if delay != quotas[place].delay {
            quotas[place].delay = delay
            let scope = quotas[place].scope
            limiter.onLoop { $0.setDelay(scope, delay, now: now) }
        }
        if delay != nil { setTimer() }
    }

    /// One timer for the next step of any limit's recovery, and the next delay that lapses.
    private func setTimer() {
        let steps = factors.compactMap(\.nextStep).min() ?? .distantFuture
        let next = quotas.reduce(steps) { min($0, $1.delayUntil) }
        timer?.set(next == .distantFuture ? nil : next)
    }

    private func timerFired(_ now: Instant) {
        for place in factors.indices where factors[place].advance(now: now) { apply(place, now: now) }
        for place in quotas.indices where quotas[place].delayUntil <= now {
            setDelay(place, nil, until: .distantFuture, now: now)
        }
        setTimer()
    }
}
