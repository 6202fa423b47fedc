/// The factor of one limit after 429s: less at each, and back to 1 in steps.
///
/// A 429 that a limit of ours let happen says that the limit is too large. Many attempts in flight hear so together,
/// and later than the limit has shrunk: it shrinks once for all of them.
package struct ShrinkAndRecover: Sendable {
    /// No factor is smaller.
    package static let floor = 0.1
    /// The way back to 1 is taken in so many steps.
    static let steps: Int64 = 20

    private let shrink: Double
    private let recoverOver: TimeSpan
    private let window: TimeSpan
    /// The last time it shrank, and what to; nil while the factor is 1.
    private var last: (moment: Instant, factor: Double)?
    private var step: Int64 = 0

    /// A limit at its full size. `window` is the limit's own (`per`, or the time in which it is free again).
    package init(_ settings: FeedbackSettings, window: TimeSpan) {
        shrink = max(Self.floor, settings.shrinkOn429)
        recoverOver = max(TimeSpan(nanoseconds: Self.steps), settings.recoverOver)
        self.window = window
    }

    /// Follows other settings from now on: the way back to 1 is taken in their time, counted from when it last shrank.
    /// Where they shrink nothing the limit has recovered.
    package mutating func follow(_ settings: FeedbackSettings, window: TimeSpan, now: Instant) {
        self = ShrinkAndRecover(self, settings, window: window)
        if shrink < 1 { _ = advance(now: now) }
    }

    private init(_ former: ShrinkAndRecover, _ settings: FeedbackSettings, window: TimeSpan) {
        self.init(settings, window: window)
        if shrink < 1 { last = former.last }
    }

    /// What the limit is to be multiplied by, as of the last event.
    package var factor: Double {
        guard let last else { return 1 }
        return last.factor + (1 - last.factor) * Double(step) / Double(Self.steps)
    }

    /// When the next step is due; nil while the factor is 1.
    package var nextStep: Instant? {
        last.map { $0.moment + stepLength * (step + 1) }
    }

    /// An attempt sent at `sentAt` was answered with 429. Returns the new factor where the limit shrinks: not within
    /// a window of the last time, and not for an attempt that was sent before it. At the floor only the way back
    /// begins anew.
    package mutating func refused(sentAt: Instant, now: Instant) -> Double? {
        guard shrink < 1 else { return nil }
        if let last, now < last.moment + window || sentAt < last.moment { return nil }
        _ = advance(now: now)
        let before = factor
        let smaller = max(Self.floor, before * shrink)
        last = (now, smaller)
        step = 0
        return smaller < before ? smaller : nil
    }

    /// Takes the steps that are due. Returns the new factor where it has changed; 1 when the limit has recovered.
    package mutating func advance(now: Instant) -> Double? {
        guard let last else { return nil }
        let due = min(Self.steps, (now - last.moment).nanoseconds / stepLength.nanoseconds)
        guard due > step else { return nil }
        step = due
        if step == Self.steps { self.last = nil }
        return factor
    }

    private var stepLength: TimeSpan {
        TimeSpan(nanoseconds: recoverOver.nanoseconds / Self.steps)
    }
}
