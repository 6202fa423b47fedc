/// What the contract has and this version has not: named in one place, so that a configuration written for a later
/// version is told so, and nothing is taken for a slip of the pen.
enum Later {
    /// The text for all of it.
    static let notYet = "is not in this version of Weir yet"

    static let modes = ["shadow", "off", "false"]
    static let algorithms = ["calendar_window", "spacing", "concurrency"]
    static let providerHeaders = ["auto", "ietf", "bybit", "binance", "gate", "github", "shopify"]
}

extension RootKey {
    static let later = ["api", "state_file", "shared"]
}

extension AdminKey {
    static let later = ["allow_changes"]
}

extension LogKey {
    static let later = ["format", "access"]
    static let laterDefaults = ["format": "text"]
}

extension UpstreamKey {
    static let later = ["trusted_proxies", "via", "preset", "expires"]
}

extension PoolKey {
    static let later = ["dns_ttl"]
}

extension LimitKey {
    static let later = ["every", "max", "reserve", "key", "key_missing", "max_keys", "tiers", "host_load", "shared"]
    static let laterDefaults = ["reserve": "0", "key_missing": "shared"]
}

extension RetryKey {
    static let later = [
        "initial_delay", "multiplier", "max_delay", "jitter", "methods", "statuses", "on", "budget", "max_body",
    ]
}

extension FeedbackKey {
    static let later = [
        "limit", "clamp", "warn_remaining", "slow_remaining", "slow_delay", "freeze_scope", "shrink_on_429",
        "recover_over", "ban_statuses", "ban_freeze", "classify",
    ]
}

extension SectionKey {
    static var later: [String] { [] }
    static var laterDefaults: [String: String] { [:] }
}
