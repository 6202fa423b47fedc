import Foundation
import NIOCore
import Testing
import WeirCore

@testable import WeirProxy

@Suite("Weir's own answers")
struct AnswerTests {
    static func text(_ answer: Answer, withBody: Bool = true, close: Bool = false) -> String {
        var buffer = ByteBuffer()
        answer.write(into: &buffer, upstream: "bybit", endpoint: "orders", withBody: withBody, close: close)
        return String(buffer: buffer)
    }

    @Test("A refusal says why, which limit, and when to come again")
    func refusal() throws {
        let refusal = Refusal(.rateLimited, limit: "ip", retryAfter: .milliseconds(1200) + TimeSpan(nanoseconds: 1))
        let text = Self.text(Answer(refusal))
        let parts = text.components(separatedBy: "\r\n\r\n")
        let head = parts[0] + "\r\n"
        #expect(head.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
        #expect(head.contains("\r\nWeir-Reason: rate_limited\r\n"))
        #expect(head.contains("\r\nWeir-Limit: ip\r\n"))
        #expect(head.contains("\r\nRetry-After: 2\r\n"), "whole seconds, rounded up")
        #expect(head.contains("\r\nContent-Type: application/problem+json\r\n"))
        #expect(head.contains("\r\nContent-Length: \(parts[1].utf8.count)\r\n"))
        let problem = try #require(try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any])
        #expect(problem["status"] as? Int == 429)
        #expect(problem["reason"] as? String == "rate_limited")
        #expect(problem["upstream"] as? String == "bybit")
        #expect(problem["endpoint"] as? String == "orders")
        #expect(problem["limit"] as? String == "ip")
        #expect(problem["retry_after_ms"] as? Int == 1201)
    }

    @Test("Retry-After is at least 1 on every 429 and 503", arguments: RefusalReason.allCases)
    func retryAfter(reason: RefusalReason) {
        #expect(Self.text(Answer(Refusal(reason))).contains("\r\nRetry-After: 1\r\n"))
    }

    @Test("The answer to HEAD has the length of a body and none")
    func head() {
        let text = Self.text(.badRequest("no"), withBody: false)
        #expect(text.hasSuffix("\r\n\r\n"))
        #expect(!text.contains("Content-Length: 0"))
    }

    @Test("Quotes in a detail do not break the document")
    func quotes() throws {
        let body = Self.text(.badRequest(#"a "quoted" \ word"#)).components(separatedBy: "\r\n\r\n")[1]
        let problem = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        #expect(problem["detail"] as? String == #"a "quoted" \ word"#)
    }

    @Test("An endless wait does not overflow")
    func endless() {
        #expect(Self.text(Answer(Refusal(.rateLimited, retryAfter: TimeSpan(nanoseconds: .max)))).contains("429"))
    }
}
