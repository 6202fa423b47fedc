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
        var delay: TimeSpan?
        var delayUntil = Instant.distantFuture

        /// The quota among `others` that goes on for this one; nil where none does.
        func place(among others: [Quota], from: [Int?]) -> Int? {
            switch scope {
            case .upstream: others.firstIndex { $0.scope == .upstream }
            case .endpoint(let origin):
                from.firstIndex(of: origin).flatMap { endpoint in others.firstIndex { $0.scope == .endpoint(endpoint) }
                }
            }
        }
    }

    /// The moment of a freeze or ban that lasts longest; before it the limiter has to be asked.
    private(set) var frozenUntil = Instant(nanoseconds: .min)
    private(set) var bodyRules: BodyRules

    /// Whether anything is made of what the provider says.
    private var isOn: Bool
    private var reader: ProviderHeaderReader
    private var names: FieldNameSet
    private var freezes: FreezePlan
    private let limiter: RateLimiter
    /// The provider has stopped a scope for so long; told to whoever else calls it.
    var whenStopped: ((HoldScope, TimeSpan, Bool, Int) -> Void)?
    private var endpoints: [(emit: EventSink, needs: [Int])] = []
    private var quotas: [Quota] = []
    /// The place of each endpoint's quota.
    private var quotaOf: [Int] = []
    private var factors: [LimitFactor] = []
    /// Units of the attempts in flight: of all, and by endpoint.
    private var unitsInFlight = 0
    private var unitsByEndpoint: [Int] = []
    private var timer: DeadlineTimer?

    /// The signals of an upstream, whose limits `limiter` knows. Events go into the sink of each endpoint, or of the
    /// upstream itself.
    init(
        _ settings: UpstreamSettings, sinks: [EventSink], upstreamSink: @escaping EventSink, limiter: RateLimiter,
        eventLoop: any EventLoop
    ) {
        let feedback = settings.feedback
        isOn = settings.mode != .off
        reader = ProviderHeaderReader(feedback.headers)
        names = FieldNameSet(reader.names)
        freezes = FreezePlan(feedback)
        bodyRules = BodyRules(feedback.classify)
        self.limiter = limiter
        unitsByEndpoint = [Int](repeating: 0, count: sinks.count)
        arrangeQuotas(settings)
        factors = arrangeLimits(settings, sinks: sinks, upstreamSink: upstreamSink)
            .map { LimitFactor($0.limit, feedback, emit: $0.emit) }
        timer = DeadlineTimer(on: eventLoop.assumeIsolated()) { [self] in timerFired($0) }
    }

    /// An attempt of so many units is sent.
    func began(_ endpoint: Int, cost: Int) {
        unitsInFlight += cost
        unitsByEndpoint[endpoint] += cost
    }

    /// An attempt of so many units is over.
    func ended(_ endpoint: Int, cost: Int) {
        unitsInFlight -= cost
        unitsByEndpoint[endpoint] -= cost
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

    // MARK: Another configuration

    /// Goes on under other settings, after the limiter: what the provider has said, how far a limit has shrunk and what is
    /// in flight stay with the endpoints and limits that go on.
    ///
    /// - Parameters:
    ///   - from: each endpoint's former place; nil for a new one.
    ///   - moved: for each former limit its place now; nil for one that is gone.
    ///   - now: the present.
    func follow(
        _ settings: UpstreamSettings, sinks: [EventSink], upstreamSink: @escaping EventSink, from: [Int?],
        moved: [Int?], now: Instant
    ) {
        let feedback = settings.feedback
        let wasOn = isOn
        isOn = settings.mode != .off
        if !isOn { frozenUntil = Instant(nanoseconds: .min) }
        reader = ProviderHeaderReader(feedback.headers)
        names = FieldNameSet(reader.names)
        freezes = FreezePlan(feedback)
        bodyRules = BodyRules(feedback.classify)

        var units = [Int](repeating: 0, count: sinks.count)
        for (origin, count) in unitsByEndpoint.enumerated() {
            units[from.firstIndex(of: origin) ?? from.count - 1] += count
        }
        unitsByEndpoint = units

        let former = quotas
        arrangeQuotas(settings)
        for old in former {
            let place = wasOn && isOn ? old.place(among: quotas, from: from) : nil
            let limit = old.limit.flatMap { moved[$0] }
            liftDelay(of: old, from: from, now: now)
            if let limit, !feedback.clamp || place.map({ quotas[$0].limit != limit }) ?? true {
                limiter.onLoop { $0.setAllowance(limit, units: nil, until: nil, now: now) }
            }
            guard let place else { continue }
            quotas[place].view = old.view
            quotas[place].view.follow(feedback)
            setDelay(place, quotas[place].view.delay(now: now), until: old.delayUntil, now: now)
        }

        let known = factors
        factors = arrangeLimits(settings, sinks: sinks, upstreamSink: upstreamSink).enumerated().map { place, row in
            guard let origin = moved.firstIndex(of: place) else {
                return LimitFactor(row.limit, feedback, emit: row.emit)
            }
            var factor = known[origin]
            factor.follow(row.limit, feedback, emit: row.emit, now: now)
            return factor
        }
        for place in factors.indices { apply(place, now: now) }
    }

    private func arrangeQuotas(_ settings: UpstreamSettings) {
        let feedback = settings.feedback
        let place = { [limiter] (endpoint: Int?) in
            feedback.limit.flatMap { name in limiter.onLoop { $0.limit(named: name, endpoint: endpoint) } }
        }
        if let shared = place(nil) {
            quotas = [Quota(view: ProviderView(feedback), scope: .upstream, limit: shared)]
            quotaOf = settings.endpoints.map { _ in 0 }
        } else {
            quotas = settings.endpoints.indices.map { index in
                Quota(view: ProviderView(feedback), scope: .endpoint(index), limit: place(index))
            }
            quotaOf = Array(settings.endpoints.indices)
        }
    }

    /// Notes which limits each endpoint needs. Returns all limits in the order of their places, each with its sink.
    private func arrangeLimits(
        _ settings: UpstreamSettings, sinks: [EventSink], upstreamSink: @escaping EventSink
    ) -> [(limit: LimitSettings, emit: EventSink)] {
        var limits = settings.limits.map { (limit: $0, emit: upstreamSink) }
        endpoints = []
        for (endpoint, sink) in zip(settings.endpoints, sinks) {
            let own = limits.count..<limits.count + endpoint.limits.count
            endpoints.append((sink, Array(settings.limits.indices) + Array(own)))
            limits += endpoint.limits.map { ($0, sink) }
        }
        return limits
    }

    private func liftDelay(of old: Quota, from: [Int?], now: Instant) {
        guard old.delay != nil else { return }
        var scope = old.scope
        if case .endpoint(let origin) = old.scope {
            guard let endpoint = from.firstIndex(of: origin) else { return }
            scope = .endpoint(endpoint)
        }
        limiter.onLoop { [scope] in $0.setDelay(scope, nil, now: now) }
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
        let inFlight = quotas[place].scope == .upstream ? unitsInFlight : unitsByEndpoint[endpoint]
        guard let advice = quotas[place].view.heard(reading, inFlight: inFlight - cost, own: own, now: now) else {
            return
        }
        if let limit {
            let until = advice.until
            limiter.onLoop { $0.setAllowance(limit, units: advice.allowance, until: until, now: now) }
        }
        setDelay(place, advice.delay, until: advice.until, now: now)
        if let warning = advice.warning { endpoints[endpoint].emit(.quotaLow(remaining: warning)) }
    }

    /// A stop of the provider that another instance of the fleet has met.
    func heard(stop until: Instant, isBan: Bool, status: Int?, _ scope: HoldScope, now: Instant) {
        guard isOn else { return }
        frozenUntil = max(frozenUntil, until)
        limiter.onLoop { $0.freeze(scope, until: until, isBan: isBan, status: status, now: now) }
    }

    private func stop(_ freeze: FreezeOrder, status: Int, endpoint: Int, now: Instant) {
        frozenUntil = max(frozenUntil, freeze.until)
        let scope: HoldScope = freeze.scope == .upstream ? .upstream : .endpoint(endpoint)
        limiter.onLoop {
            $0.freeze(scope, until: freeze.until, isBan: freeze.isBan, status: status, now: now)
        }
        whenStopped?(scope, freeze.until - now, freeze.isBan, status)
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
