import NIOCore
import Testing

@testable import WeirProxy

/// A request body that is kept for a further attempt.
@Suite("A kept body")
struct KeptBodyTests {
    @Test("It holds what has come, up to its bound and not beyond")
    func bound() {
        var body = KeptBody(most: 10)
        body.append(ByteBuffer(string: "12345"))
        body.append(ByteBuffer(string: "67890"))
        #expect(body.bytes.map { String(buffer: $0) } == "1234567890")
        body.append(ByteBuffer(string: "!"))
        #expect(body.bytes == nil)
    }

    @Test("Once it was too long it stays nothing, however little follows")
    func staysNothing() {
        var body = KeptBody(most: 4)
        body.append(ByteBuffer(string: "12345"))
        body.append(ByteBuffer(string: ""))
        #expect(body.bytes == nil)
    }

    @Test("A body without bytes is held even where nothing may be kept")
    func empty() {
        var body = KeptBody(most: 0)
        body.append(ByteBuffer())
        #expect(body.bytes?.readableBytes == 0)
    }
}
