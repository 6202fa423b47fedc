internal import WeirCore

enum QueueKey: String, SectionKey {
    case maxWait = "max_wait"
    case maxLength = "max_length"
}

/// Reads `queue`.
enum QueueReader {
    /// What `section` says, and `inherited` for the rest.
    static func read(_ section: Section<QueueKey>?, over inherited: LineSettings) -> LineSettings {
        LineSettings(
            maxWait: section?[.maxWait]?.duration() ?? inherited.maxWait,
            maxLength: section?[.maxLength]?.integer(0...1_000_000) ?? inherited.maxLength)
    }
}
