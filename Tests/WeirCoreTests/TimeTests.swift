import Testing
import WeirCore

@Suite("Time")
struct TimeTests {
    @Test("Arithmetic saturates instead of trapping")
    func saturates() {
        #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
        #expect(Instant(nanoseconds: .min) - .seconds(1) == Instant(nanoseconds: .min))
        #expect(TimeSpan.seconds(.max).nanoseconds == .max)
        #expect((TimeSpan.seconds(1) * .max).nanoseconds == .max)
        #expect((Instant(nanoseconds: .min) - Instant.distantFuture).nanoseconds == .min)
    }

    @Test(
        "Durations are read as people write them",
        arguments: [
            ("250us", 250_000), ("100ms", 100_000_000), ("5s", 5_000_000_000), ("1m", 60_000_000_000),
            ("1h30m", 5_400_000_000_000), ("0", 0), ("0s", 0),
        ] as [(String, Int64)])
    func reads(text: String, nanoseconds: Int64) throws {
        #expect(try TimeSpan(text).nanoseconds == nanoseconds)
    }

    @Test("What is no duration is refused", arguments: ["", "5", "-5s", "5 s", "s", "5m1h", "1.5s", "9999999h", "5x"])
    func refuses(text: String) {
        #expect(throws: DurationTextError.self) { try TimeSpan(text) }
    }

    @Test("A duration is written as it is read", arguments: ["250us", "100ms", "5s", "1h30m", "1m30s", "0s"])
    func writes(text: String) throws {
        #expect(try TimeSpan(text).text == text)
    }
}
