internal import WeirCore

/// The time that a call spends in Weir itself: from its head to the flush of its attempt, unless it waited in between, and
/// from the response head to its flush.
struct Stopwatch {
    private var total = TimeSpan.zero
    private var answeredAt: Instant?

    /// An attempt that began at `start` has been flushed at `moment`.
    mutating func sent(since start: Instant, at moment: Instant) {
        total = total + max(.zero, moment - start)
    }

    /// The response head has come.
    mutating func answered(at moment: Instant) {
        answeredAt = moment
    }

    /// Something has been flushed to the caller. Returns the whole, the first time after `answered`.
    mutating func flushed(at moment: Instant) -> TimeSpan? {
        guard let answeredAt else { return nil }
        self.answeredAt = nil
        return total + max(.zero, moment - answeredAt)
    }

    /// Whether the response head has come and has not been flushed.
    var isRunning: Bool { answeredAt != nil }
}
