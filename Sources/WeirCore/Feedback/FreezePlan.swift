/// A stop that the provider has asked for.
package struct FreezeOrder: Hashable, Sendable {
    /// Who stops.
    package let scope: FeedbackSettings.FreezeScope
    /// Until when. Where several stops hold for the same calls, the one that lasts longest counts.
    package let until: Instant
    /// Whether it is a ban.
    package let isBan: Bool
}

/// Decides which answers stop further calls, who stops and for how long.
///
/// - A ban status, or a body classified as `ban`, stops the whole upstream, for `Retry-After` or `ban_freeze`.
/// - A 429, or a body classified as `rate_limited`, with a `Retry-After` stops `freeze_scope` for it. Without one
///   nothing stops: the limits shrink.
/// - Any other answer stops nothing, a 503 with a `Retry-After` included: that speaks of the provider's health, which
///   is the circuit's affair, and only the retry of that call waits for it.
///
/// A `Retry-After` of 0 is as good as none.
package struct FreezePlan: Hashable, Sendable {
    private let scope: FeedbackSettings.FreezeScope
    private let banStatuses: [Int]
    private let banFreeze: TimeSpan

    /// A plan after `settings`.
    package init(_ settings: FeedbackSettings) {
        scope = settings.freezeScope
        banStatuses = settings.banStatuses
        banFreeze = settings.banFreeze
    }

    /// Whether a status tells of a ban.
    package func isBan(status: Int) -> Bool {
        banStatuses.contains(status)
    }

    /// What an answer with this status stops. `retryAfter` as `HeaderTime` reads it.
    package func freeze(status: Int, retryAfter: TimeSpan?, now: Instant) -> FreezeOrder? {
        if isBan(status: status) { return freeze(.ban, retryAfter: retryAfter, now: now) }
        return status == 429 ? freeze(.rateLimited, retryAfter: retryAfter, now: now) : nil
    }

    /// What an answer with a body of this meaning stops.
    package func freeze(_ meaning: ClassifyRule.Meaning, retryAfter: TimeSpan?, now: Instant) -> FreezeOrder? {
        let wait = retryAfter.flatMap { $0 > .zero ? $0 : nil }
        switch meaning {
        case .ban: return FreezeOrder(scope: .upstream, until: now + (wait ?? banFreeze), isBan: true)
        case .rateLimited: return wait.map { FreezeOrder(scope: scope, until: now + $0, isBan: false) }
        case .failure: return nil
        }
    }
}
