internal import WeirCore

/// The keys of `feedback`.
enum FeedbackKey: String, SectionKey {
    case headers, limit, clamp
    case warnRemaining = "warn_remaining"
    case slowRemaining = "slow_remaining"
    case slowDelay = "slow_delay"
    case freezeScope = "freeze_scope"
    case shrinkOn429 = "shrink_on_429"
    case recoverOver = "recover_over"
    case banStatuses = "ban_statuses"
    case banFreeze = "ban_freeze"
    case classify

    static let title = "feedback"
    static var standard: FeedbackSettings { FeedbackSettings() }

    /// `off`: nothing that a provider says is read, but for Retry-After.
    static var off: FeedbackSettings {
        var settings = FeedbackSettings()
        settings.headers = .none
        settings.shrinkOn429 = 1
        settings.banStatuses = []
        return settings
    }

    private static var units: Kind<Int> { .integer(0...1_000_000_000) }

    var field: Field<FeedbackSettings> {
        switch self {
        case .headers: Field(\.headers, .word, "the provider's rate limit headers")
        case .limit:
            Field(
                \.limit, orNull: .name,
                "the limit of the whole upstream that they speak for; null: kept per endpoint and only shown")
        case .clamp:
            Field(\.clamp, .flag, "with `limit`: never use more than the provider says remains, less what is in flight")
        case .warnRemaining:
            Field(
                \.warnRemaining, Self.units,
                "logged once per window below this; ignored where the provider's limit is not above it")
        case .slowRemaining:
            Field(\.slowRemaining, Self.units, "below this each admission waits `slow_delay`; ignored likewise")
        case .slowDelay: Field(\.slowDelay, .duration, "the delay below `slow_remaining`")
        case .freezeScope: Field(\.freezeScope, .word, "who stops for a Retry-After")
        case .shrinkOn429:
            Field(
                \.shrinkOn429, .number(.positiveShare),
                "a 429 multiplies the limits of its call by this, at most once per window, floor 0.1; 1: never")
        case .recoverOver: Field(\.recoverOver, .positiveDuration, "how long a shrunk limit takes to grow back")
        case .banStatuses: Field(\.banStatuses, .statuses, "answers that freeze the whole upstream")
        case .banFreeze: Field(\.banFreeze, .positiveDuration, "how long, where they come without a Retry-After")
        case .classify:
            .structure(
                "list of: [rule](#rule)", schema: ["type": "array", "items": .reference(ClassifyKey.title)],
                hasDefault: true,
                "what the first 4 KiB of a 2xx JSON or text body betray; the first that matches counts"
            ) { settings, place in
                .list(
                    settings.classify.enumerated().map { index, rule in
                        ClassifyKey.write(ClassifyDraft(rule), place.element(String(index)))
                    })
            }
        }
    }
}

/// A rule of `classify` as a file gives it.
struct ClassifyDraft {
    var bodyContains = ""
    var meaning: ClassifyRule.Meaning?

    init() {}

    init(_ rule: ClassifyRule) {
        bodyContains = rule.bodyContains
        meaning = rule.meaning
    }
}

/// The keys of a rule of `classify`.
enum ClassifyKey: String, SectionKey {
    case bodyContains = "body_contains"
    case meaning = "as"

    static let title = "rule"
    static var standard: ClassifyDraft { ClassifyDraft() }

    /// A pattern longer than this says no more than its beginning.
    private static let longest = 1024

    var field: Field<ClassifyDraft> {
        switch self {
        case .bodyContains:
            Field(
                \.bodyContains,
                .text("text of 1 to \(Self.longest) bytes", pattern: "[\\s\\S]{1,\(Self.longest)}") {
                    (1...Self.longest).contains($0.utf8.count)
                }, isRequired: true, "compared byte by byte")
        case .meaning: Field(\.meaning, orNull: .word, isRequired: true, "what such an answer counts as")
        }
    }
}
