import Foundation
import Logging
import Testing
import WeirCore

@testable import WeirSidecar

@Suite("Log throttle")
struct LogThrottleTests {
    /// A throttle that can be asked within an expectation.
    private final class Bench {
        var throttle = LogThrottle()

        func offer(_ message: String = "circuit open", at milliseconds: Int64, in place: String = "api") -> String? {
            throttle.offer(line(message, at: milliseconds, in: place), now: at(milliseconds)).map(text)
        }

        func due(at milliseconds: Int64) -> [String] { throttle.due(now: at(milliseconds)).map(text) }

        func end() -> [String] { throttle.end().map(text) }

        private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

        private func line(_ message: String, at milliseconds: Int64, in place: String) -> LogRecord {
            LogRecord(
                time: Date(timeIntervalSince1970: Double(milliseconds) / 1000), level: .warning, message: message,
                source: "test", members: [("upstream", .text(place)), ("n", .number(Double(milliseconds)))])
        }

        private func text(_ record: LogRecord) -> String {
            let members = record.members.dropFirst().map { " \($0.key)=\($0.value.text)" }
            return record.message + members.joined()
        }
    }

    @Test("A cause has one line in a second; the last line held back is told when the second is over, with the count")
    func oneLineASecond() {
        let bench = Bench()
        #expect(bench.offer(at: 0) == "circuit open n=0")
        #expect(bench.offer(at: 10) == nil)
        #expect(bench.offer(at: 20) == nil)
        #expect(bench.offer(at: 999) == nil)
        #expect(bench.due(at: 999) == [])
        #expect(bench.due(at: 1000) == ["circuit open n=999 suppressed=2"])
        #expect(bench.offer(at: 1500) == nil)
        #expect(bench.due(at: 2000) == ["circuit open n=1500"])
        #expect(bench.due(at: 3000) == [])
        #expect(bench.offer(at: 3001) == "circuit open n=3001")
    }

    @Test("A line that comes before what was held back is told, says how many were left out")
    func overtaken() {
        let bench = Bench()
        #expect(bench.offer(at: 0) == "circuit open n=0")
        #expect(bench.offer(at: 500) == nil)
        #expect(bench.offer(at: 1000) == "circuit open n=1000 suppressed=1")
        #expect(bench.due(at: 5000) == [])
    }

    @Test("Causes are told apart by message and place, and do not hold each other back")
    func apart() {
        let bench = Bench()
        #expect(bench.offer("circuit open", at: 0) != nil)
        #expect(bench.offer("circuit closed", at: 1) != nil)
        #expect(bench.offer("circuit open", at: 2, in: "other") != nil)
        #expect(bench.offer("circuit open", at: 3) == nil)
    }

    @Test("What is held back is told at the end, in the order of time")
    func end() {
        let bench = Bench()
        for moment in 0..<2 as Range<Int64> {
            _ = bench.offer("b", at: moment)
            _ = bench.offer("a", at: 10 + moment)
        }
        #expect(bench.end() == ["b n=1", "a n=11"])
        #expect(bench.end() == [])
    }

    @Test("Causes at rest are forgotten, and there are never more than so many")
    func bounded() {
        let bench = Bench()
        for place in 0..<5000 { _ = bench.offer(at: 0, in: "place\(place)") }
        #expect(bench.throttle.count == LogThrottle.mostCauses + 1)
        // Those beyond share one line.
        #expect(bench.due(at: 1000) == ["circuit open n=0 suppressed=\(5000 - LogThrottle.mostCauses - 2)"])
        _ = bench.due(at: 2000)
        #expect(bench.throttle.count == 0)
    }

    @Test("A clock that does not move lets nothing more through, and one that jumps far ahead does no harm")
    func oddClocks() {
        let bench = Bench()
        #expect(bench.offer(at: 0) != nil)
        for _ in 0..<100 { #expect(bench.offer(at: 0) == nil) }
        #expect(bench.offer(at: .max / 1_000_000) == "circuit open n=9223372036854 suppressed=100")
    }
}
