import Foundation
import Logging
import Testing
import WeirConfiguration
import WeirCore
import WeirProxy
import WeirRuntime

@testable import WeirSidecar

@Suite("Log lines")
struct LogRecordTests {
    private static let time = Date(timeIntervalSince1970: 1_763_683_200.0425)

    private func text(_ record: LogRecord, as format: LogOptions.Format) -> String {
        var bytes: [UInt8] = []
        record.write(as: format, into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func record(_ message: String, _ members: [(key: String, value: LogRecord.Value)]) -> LogRecord {
        LogRecord(time: Self.time, level: .warning, message: message, source: "WeirSidecar", members: members)
    }

    @Test("A text line has time, level, pairs, source and message")
    func textLine() {
        let line = text(record("circuit open", [("upstream", .text("api")), ("count", .number(3))]), as: .text)
        #expect(line == "2025-11-21T00:00:00.042Z warning weir: upstream=api count=3 [WeirSidecar] circuit open\n")
    }

    @Test("A JSON line is an object with the pairs as members, numbers as numbers")
    func jsonLine() {
        let members: [(key: String, value: LogRecord.Value)] = [("for", .text("1m 5s")), ("wait_ms", .number(1.25))]
        let expected = #"""
            {"time":"2025-11-21T00:00:00.042Z","level":"warning","message":"frozen","for":"1m 5s","wait_ms":1.25}

            """#
        #expect(text(record("frozen", members), as: .json) == expected)
    }

    @Test(
        "No value breaks out of its line or its quotes",
        arguments: ["a\nb", "a b", "", "x=y", #"say "no""#, #"back\slash"#, "\u{1B}[31m", "snow ☃", "\u{7F}"])
    func hostileValues(value: String) throws {
        let record = record("a\nmessage", [("reason", .text(value)), ("last", .number(1))])
        let line = text(record, as: .text)
        #expect(line.filter { $0 == "\n" }.count == 1)
        #expect(!line.utf8.contains { $0 < 0x20 && $0 != 0x0A })
        #expect(line.hasSuffix(" last=1 [WeirSidecar] a message\n"))
        let json = text(record, as: .json)
        #expect(json.filter { $0 == "\n" }.count == 1)
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(object?["reason"] as? String == value)
        #expect(object?["message"] as? String == "a\nmessage")
        #expect(object?["last"] as? Int == 1)
    }

    @Test("An access line leaves out what the call does not have")
    func accessLine() {
        var call = AccessRecord(outcome: .rateLimited)
        (call.upstream, call.endpoint, call.method, call.path) = ("api", "orders", "POST", "/v1/order")
        (call.status, call.reason, call.limit) = (429, "rate_limited", "ip")
        call.waited = TimeSpan(nanoseconds: 1_234_567)
        call.duration = .milliseconds(2)
        let line = text(LogRecord(call, time: Self.time), as: .text)
        let expected = """
            2025-11-21T00:00:00.042Z info weir: upstream=api endpoint=orders method=POST path=/v1/order status=429 \
            outcome=rate_limited reason=rate_limited limit=ip attempts=0 wait_ms=1.235 duration_ms=2 [WeirProxy] access

            """
        #expect(line == expected)
        let bare = text(LogRecord(AccessRecord(outcome: .badRequest), time: Self.time), as: .json)
        let object = #"""
            {"time":"2025-11-21T00:00:00.042Z","level":"info","message":"access","outcome":"bad_request",\#
            "attempts":0,"wait_ms":0,"duration_ms":0}

            """#
        #expect(bare == object)
    }
}
