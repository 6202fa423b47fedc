enum RetryKey: String, SectionKey {
    case maxAttempts = "max_attempts"
}

/// Reads `retry`, which can only be turned off in this version.
enum RetryReader {
    static func read(_ cursor: Cursor?) {
        guard let cursor, case .on(let section) = cursor.switchable(RetryKey.self) else { return }
        let expected = "1 (retries are not in this version of Weir yet)"
        _ = section[.maxAttempts]?.choice(["1": 1], expected: expected)
    }
}

enum FeedbackKey: String, SectionKey {
    case headers
}

/// Reads `feedback`, which can only be turned off in this version.
enum FeedbackReader {
    static func read(_ cursor: Cursor?) {
        guard let cursor, case .on(let section) = cursor.switchable(FeedbackKey.self) else { return }
        _ = section[.headers]?.choice(["none": true], later: Later.providerHeaders, expected: "none")
    }
}
