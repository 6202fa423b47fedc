internal import WeirCore

/// Reads `retry`.
enum RetryReader {
    /// What an upstream says; nil: off.
    static func upstream(_ cursor: Cursor?) -> RetrySettings? {
        switch cursor?.switchable(RetryKey.self) {
        case nil: RetrySettings()
        case .off: nil
        case .on(let section): merge(section, over: RetrySettings())
        }
    }

    /// What an endpoint says: its own keys over those of the upstream. Keys of its own turn retries on where the
    /// upstream has turned them off.
    static func endpoint(_ cursor: Cursor?, over inherited: RetrySettings?) -> RetrySettings? {
        switch cursor?.switchable(RetryKey.self) {
        case nil: return inherited
        case .off: return nil
        case .on(let section):
            section[.budget]?.problem("is a key of the upstream's retry only: the budget is one for all its calls")
            guard section.hasKeys || inherited != nil else { return nil }
            return merge(section, over: inherited ?? RetrySettings(), except: RetryKey.ofUpstream)
        }
    }

    /// `retry`, or for `off` the rest of `standard` without a second attempt.
    static func settings(_ retry: RetrySettings?, or standard: RetrySettings = RetrySettings()) -> RetrySettings {
        if let retry { return retry }
        var settings = standard
        settings.maxAttempts = 1
        return settings
    }

    private static func merge(
        _ section: Section<RetryKey>, over inherited: RetrySettings, except excluded: Set<RetryKey> = []
    ) -> RetrySettings {
        var retry = inherited
        section.read(into: &retry, except: excluded)
        if section.isSound(.initialDelay, .maxDelay), retry.maxDelay < retry.initialDelay {
            let cursor = section[.maxDelay] ?? section[.initialDelay]
            cursor?.problem("expected max_delay to be at least initial_delay, found it shorter")
        }
        return retry
    }
}
