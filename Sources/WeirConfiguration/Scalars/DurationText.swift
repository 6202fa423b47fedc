internal import WeirCore

/// Durations as a configuration's problems speak of them.
enum DurationText {
    static let expected = "a duration such as 500ms or 5s"

    /// Reads a duration; see `TimeSpan.init(_:)`.
    static func parse(_ text: String) throws(Mismatch) -> TimeSpan {
        do {
            return try TimeSpan(text)
        } catch {
            switch error {
            case .unitMissing: throw Mismatch(expected: expected + " (a number needs a unit: us, ms, s, m or h)")
            case .tooLong: throw Mismatch(expected: "a duration of at most 10 years")
            case .malformed: throw Mismatch(expected: expected)
            }
        }
    }
}
