package import WeirCore
internal import WeirRuntime

/// What one limit is multiplied by: after the provider's 429s, and while this host is busy.
struct LimitFactor {
    private let name: String
    private var emit: EventSink
    private var shrink: ShrinkAndRecover
    private var load: HostLoad?

    /// A limit at its full size, whose events go to `emit`.
    init(_ limit: LimitSettings, _ feedback: FeedbackSettings, emit: @escaping EventSink) {
        name = limit.name
        self.emit = emit
        shrink = ShrinkAndRecover(feedback, window: limit.algorithm.window)
        load = limit.hostLoad.map(HostLoad.init)
    }

    /// Goes on for the same limit under other settings.
    mutating func follow(
        _ limit: LimitSettings, _ feedback: FeedbackSettings, emit: @escaping EventSink, now: Instant
    ) {
        self.emit = emit
        let wasShrunk = shrink.factor < 1
        shrink.follow(feedback, window: limit.algorithm.window, now: now)
        if wasShrunk, shrink.factor == 1 { emit(.limitRecovered(limit: name)) }
        guard let settings = limit.hostLoad else {
            load = nil
            return
        }
        if load == nil { load = HostLoad(settings) } else { load?.follow(settings) }
    }

    /// The factor as of the last event.
    var factor: Double {
        max(ShrinkAndRecover.floor, shrink.factor * (load?.factor ?? 1))
    }

    /// When the next step of its recovery is due.
    var nextStep: Instant? { shrink.nextStep }

    /// An attempt sent at `sentAt` was answered with 429. Returns whether the factor changes.
    mutating func refused(sentAt: Instant, now: Instant) -> Bool {
        guard let factor = shrink.refused(sentAt: sentAt, now: now) else { return false }
        emit(.limitShrunk(limit: name, factor: factor))
        return true
    }

    /// Takes the steps that are due. Returns whether the factor changes.
    mutating func advance(now: Instant) -> Bool {
        guard let factor = shrink.advance(now: now) else { return false }
        if factor == 1 { emit(.limitRecovered(limit: name)) }
        return true
    }

    /// How busy this host is. Returns whether the factor changes.
    mutating func observe(cpu: Double, memory: Double) -> Bool {
        load?.observe(cpu: cpu, memory: memory) != nil
    }
}

extension LimitSettings.Algorithm {
    /// The time in which a limit that is wholly used becomes wholly free; 0 for places.
    package var window: TimeSpan {
        switch self {
        case .slidingWindow(_, let per, _), .calendarWindow(_, let per, _): per
        case .tokenBucket(let rate, let burst): rate.period.scaled(by: Int64(burst), over: rate.permits)
        case .spacing(let every, _): every
        case .concurrency: .zero
        }
    }
}

extension TimeSpan {
    fileprivate func scaled(by factor: Int64, over divisor: Int64) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(clamping: Int128(nanoseconds) * Int128(factor) / Int128(max(1, divisor))))
    }
}

extension ProviderView.OwnLimit {
    /// A limit of ours as it stands; nil for a keyed one, of which there is no one count.
    init?(_ snapshot: LimitSnapshot) {
        guard let used = snapshot.used else { return nil }
        self.init(capacity: snapshot.capacity, used: used, window: snapshot.settings.algorithm.window)
    }
}
