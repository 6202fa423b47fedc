import NIOCore

/// The lines that frame a message or speak of its connection. Always written from these, never copied.
extension ByteBuffer {
    mutating func writeFraming(_ framing: BodyFraming) {
        switch framing {
        case .none, .untilClose:
            break
        case .counted(let length):
            writeStaticString("Content-Length: ")
            writeDecimal(length)
            writeCRLF()
        case .chunked:
            writeStaticString("Transfer-Encoding: chunked\r\n")
        }
    }

    mutating func writeWebSocketUpgrade() {
        writeStaticString("Connection: Upgrade\r\nUpgrade: websocket\r\n")
    }

    /// Adds a line rather than a member to a line there is: it means the same (RFC 9110 5.3).
    ///
    /// - Parameter version: that of the message received (RFC 9110 7.6.3).
    mutating func writeVia(_ version: HTTPVersion, _ name: String) {
        writeStaticString(version == .http11 ? "Via: 1.1 " : "Via: 1.0 ")
        writeString(name)
        writeCRLF()
    }
}
