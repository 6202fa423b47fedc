package import NIOCore

/// When one caller makes its next call: in step with the plan, without making up for what it could not ask for
/// while an answer was out, and a little later after a refusal.
package struct CallPacer: Sendable {
    private let plan: WavePlan
    private let callers: Int
    private let start: NIODeadline
    private var due: NIODeadline

    /// How long a caller stays away after 429 or 503.
    package static let backoff = TimeAmount.milliseconds(100)

    /// A pacer for the caller of this number; the callers start spread over one interval.
    package init(plan: WavePlan, caller: Int, callers: Int, start: NIODeadline) {
        self.plan = plan
        self.callers = max(1, callers)
        self.start = start
        let interval = plan.interval(at: .zero, callers: self.callers)
        due = start + .nanoseconds(interval.nanoseconds / Int64(self.callers) * Int64(max(0, caller)))
    }

    /// How long to wait before the first call.
    package func untilFirstCall(at now: NIODeadline) -> TimeAmount {
        max(.zero, due - now)
    }

    /// How long to wait before the next call, `status` having just been answered.
    package mutating func untilNextCall(after status: Int, at now: NIODeadline) -> TimeAmount {
        let next = due + plan.interval(at: now - start, callers: callers)
        let earliest = status == 429 || status == 503 ? now + Self.backoff : now
        due = max(next, earliest)
        return due - now
    }
}
