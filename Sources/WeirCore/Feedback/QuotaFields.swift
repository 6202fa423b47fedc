/// The header fields of a dialect that says limit, remaining and reset each in a field of its own.
struct QuotaFields: Sendable {
    let limit: String
    let remaining: String
    let reset: String
    let format: ResetFormat
    /// Whether the reset means "now" unless nothing remains: then it is not to be trusted (Bybit, Gate).
    var resetOnlyWhenSpent = false

    var names: [String] { [remaining, limit, reset] }

    /// What the answer says; nil where what remains is not said, or not understood.
    func read(_ time: HeaderTime, _ value: (String) -> String?) -> ProviderReading? {
        guard let remaining = value(remaining).flatMap(HeaderNumber.leadingCount) else { return nil }
        var reset: Instant?
        if remaining == 0 || !resetOnlyWhenSpent {
            reset = value(self.reset).flatMap { time.reset($0, format) }
        }
        return ProviderReading(
            limit: value(limit).flatMap(HeaderNumber.leadingCount), remaining: remaining, reset: reset)
    }

    static let bybit = QuotaFields(
        limit: "x-bapi-limit", remaining: "x-bapi-limit-status", reset: "x-bapi-limit-reset-timestamp",
        format: .epochMilliseconds, resetOnlyWhenSpent: true)
    static let gate = QuotaFields(
        limit: "x-gate-ratelimit-limit", remaining: "x-gate-ratelimit-requests-remain",
        reset: "x-gate-ratelimit-reset-timestamp", format: .epochSeconds, resetOnlyWhenSpent: true)
    static let github = QuotaFields(
        limit: "x-ratelimit-limit", remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset",
        format: .epochSeconds)
    static let common = QuotaFields(
        limit: "x-ratelimit-limit", remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset", format: .bySize)
    static let ietfTriple = QuotaFields(
        limit: "ratelimit-limit", remaining: "ratelimit-remaining", reset: "ratelimit-reset", format: .deltaSeconds)
    static let openAI = ["requests", "tokens"].map {
        QuotaFields(
            limit: "x-ratelimit-limit-\($0)", remaining: "x-ratelimit-remaining-\($0)",
            reset: "x-ratelimit-reset-\($0)", format: .goDuration)
    }
    static let anthropic = ["requests", "tokens", "input-tokens", "output-tokens"].map {
        QuotaFields(
            limit: "anthropic-ratelimit-\($0)-limit", remaining: "anthropic-ratelimit-\($0)-remaining",
            reset: "anthropic-ratelimit-\($0)-reset", format: .timestamp)
    }
}
