internal import NIOCore

/// What is about to be sent over a connection. Small pieces, such as a head and a short body, are joined: to the system
/// each piece costs more than its copy costs us.
///
/// It writes nothing itself: a write may call back into the connection.
struct OutgoingBytes {
    /// Pieces of at most so many bytes are joined.
    private static let mostCopied = 2048

    private var joined: ByteBuffer?

    /// Adds bytes. Returns what the channel has to be given before them, if they are not joined to it.
    mutating func add(_ bytes: ByteBuffer) -> ByteBuffer? {
        guard var before = joined.take() else {
            joined = bytes
            return nil
        }
        guard max(before.readableBytes, bytes.readableBytes) <= Self.mostCopied else {
            joined = bytes
            return before
        }
        before.writeImmutableBuffer(bytes)
        joined = before
        return nil
    }

    /// Takes out what there is, to be added to, sent, or put back.
    mutating func take() -> ByteBuffer? {
        joined.take()
    }

    /// Puts back what was taken and added to.
    mutating func put(_ bytes: ByteBuffer) {
        joined = bytes
    }
}
