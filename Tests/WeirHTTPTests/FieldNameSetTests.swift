import NIOCore
import Testing

@testable import WeirHTTP

/// Finding out cheaply that a response has none of some fields.
@Suite("A set of field names")
struct FieldNameSetTests {
    private func head(_ fields: String) throws -> ResponseHead {
        var bytes = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\(fields)\r\n")
        var parser = ResponseHeadParser()
        return try #require(try parser.parse(&bytes, answering: .get))
    }

    @Test("A head with one of the names is told of, in any letter case")
    func found() throws {
        let names = FieldNameSet(["x-ratelimit-remaining", "RateLimit"])
        #expect(try head("Date: now\r\nX-RateLimit-Remaining: 5\r\n").mayContain(names))
        #expect(try head("ratelimit: 5\r\n").mayContain(names))
    }

    @Test("A head without any is told of for certain where no length and letter agrees")
    func absent() throws {
        let names = FieldNameSet(["x-ratelimit-remaining", "ratelimit"])
        #expect(try !head("Date: now\r\nContent-Type: text/plain\r\nServer: nginx\r\n").mayContain(names))
        #expect(try !head("").mayContain(names))
        #expect(try !head("Date: now\r\n").mayContain(FieldNameSet([])))
    }
}
