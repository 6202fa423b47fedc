/// What a provider has last said of one quota, and what follows from it: how much more may be sent, when to slow down
/// and when to warn. One for each upstream (with `feedback.limit`) or endpoint (without).
package struct ProviderView: Sendable {
    /// What the provider last said.
    package struct Said: Hashable, Sendable {
        /// The quota; nil where the provider does not say it.
        package let limit: Int?
        /// What remains of it.
        package let remaining: Int
        /// When it is full again; nil where it is not known.
        package let reset: Instant?
        /// When it was said.
        package let seenAt: Instant
    }

    /// The limit of ours that the provider speaks of, at the moment of the answer.
    package struct OwnLimit: Hashable, Sendable {
        /// Its capacity, in units.
        package var capacity: Int
        /// The units of it in use.
        package var used: Int
        /// The time in which a limit that is wholly used becomes wholly free.
        package var window: TimeSpan

        /// A limit with `used` of `capacity` in use.
        package init(capacity: Int, used: Int, window: TimeSpan) {
            self.capacity = capacity
            self.used = used
            self.window = window
        }
    }

    /// What the limiter is to do from now on, in place of what it was told before.
    package struct Advice: Hashable, Sendable {
        /// So many units more may be sent until `until`, less what is sent from now on. nil: what the provider says
        /// does not bind.
        package let allowance: Int?
        /// How much each admission is delayed until `until`; nil: not at all.
        package let delay: TimeSpan?
        /// When both lapse: the provider's count is full again then, or no longer known.
        package let until: Instant
        /// What remains, where that is to be logged as a warning now.
        package let warning: Int?
    }

    /// How long a count of nothing binds when its reset is not known: short, since no answer will come to correct it.
    static let blindHold = TimeSpan.seconds(1)
    /// The time between two warnings where no window is known: a log that says the same every second is not read.
    static let unknownWindow = TimeSpan.seconds(60)

    /// What the provider last said; nil before it has said anything.
    package private(set) var said: Said?
    /// Our count of what is used less the provider's, when it last spoke; nil where either is not known. What is in
    /// flight is in ours.
    package private(set) var drift: Int?

    private var settings: FeedbackSettings
    private var slowUntil = Instant(nanoseconds: .min)
    private var warnedUntil = Instant(nanoseconds: .min)
    /// The least that was left in the window that ends at the reset last said.
    private var leastOfWindow = Int.max

    /// A view before the first answer.
    package init(_ settings: FeedbackSettings) {
        self.settings = settings
    }

    /// Follows other settings from now on; what the provider has said stays said.
    package mutating func follow(_ settings: FeedbackSettings) {
        self.settings = settings
        if let said, said.remaining >= settings.slowRemaining { slowUntil = Instant(nanoseconds: .min) }
    }

    /// An answer has come. `inFlight` are the units of all other attempts in flight: the provider may not have counted
    /// them yet. `own` is the limit of `feedback.limit`, if there is one. nil: the answer tells nothing new.
    package mutating func heard(
        _ reading: ProviderReading, inFlight: Int, own: OwnLimit?, now: Instant
    ) -> Advice? {
        let limit = reading.limit ?? own?.capacity
        guard let remaining = reading.remaining ?? limit.flatMap({ limit in reading.used.map { max(0, limit - $0) } })
        else { return nil }
        let reset = reading.reset.flatMap { $0 > now ? $0 : nil }
        let least = leastRemaining(min(remaining, reading.leastRemaining ?? remaining), reset: reset)
        said = Said(limit: reading.limit, remaining: remaining, reset: reset, seenAt: now)
        drift = own.flatMap { own in (reading.used ?? limit.map { $0 - remaining }).map { own.used - $0 } }

        let until = reset ?? now + (least > 0 ? own?.window ?? Self.blindHold : Self.blindHold)
        let isSlow = remaining < settings.slowRemaining && isAbove(settings.slowRemaining, limit)
        slowUntil = isSlow ? until : Instant(nanoseconds: .min)
        return Advice(
            allowance: settings.limit != nil && settings.clamp ? max(0, least - max(0, inFlight)) : nil,
            delay: delay(now: now), until: until,
            warning: mustWarn(remaining, of: limit, until: reset ?? now + quietTime(own), now: now) ? remaining : nil)
    }

    /// How much each admission is delayed; nil: not at all.
    package func delay(now: Instant) -> TimeSpan? {
        now < slowUntil ? settings.slowDelay : nil
    }

    /// Answers of one window may come in another order than the provider counted them: the least of them holds. A
    /// window is known by a reset that stays the same to the nanosecond, which one in seconds from now does not.
    private mutating func leastRemaining(_ remaining: Int, reset: Instant?) -> Int {
        let isSameWindow = reset != nil && reset == said?.reset
        leastOfWindow = isSameWindow ? min(leastOfWindow, remaining) : remaining
        return leastOfWindow
    }

    /// How long no second warning comes where the provider does not say when its window ends.
    private func quietTime(_ own: OwnLimit?) -> TimeSpan {
        own.map { max($0.window, Self.blindHold) } ?? Self.unknownWindow
    }

    private mutating func mustWarn(_ remaining: Int, of limit: Int?, until: Instant, now: Instant) -> Bool {
        guard remaining < settings.warnRemaining, isAbove(settings.warnRemaining, limit), warnedUntil <= now
        else { return false }
        warnedUntil = until
        return true
    }

    /// Whether a quota is known to be above a mark. One that is not is always below it, which means nothing.
    private func isAbove(_ mark: Int, _ limit: Int?) -> Bool {
        limit.map { $0 > mark } ?? false
    }
}
