import FoundationEssentials
import Testing

@testable import WeirSidecar

@Suite("Timestamps")
struct TimestampTests {
    /// Each hour and a bit, through leap years, centuries that are none, and one that is.
    @Test("They are those that Foundation writes")
    func likeFoundation() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for second in stride(from: 0, to: 5_000_000_000, by: 1_234_567) {
            let date = Date(timeIntervalSince1970: Double(second) + 0.25)
            #expect(date.timestamp == style.format(date))
        }
        for (second, text) in [(951_782_399, "2000-02-28T23:59:59.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z")] {
            #expect(Date(timeIntervalSince1970: Double(second)).timestamp == text)
        }
    }

    @Test("They are cut off behind milliseconds, and never say a second that has not begun")
    func cutOff() {
        #expect(Date(timeIntervalSince1970: 1_763_683_200.0427).timestamp == "2025-11-21T00:00:00.042Z")
        #expect(Date(timeIntervalSince1970: 1_767_225_599.9997).timestamp == "2025-12-31T23:59:59.999Z")
    }
}
