internal import NIOCore

/// What is about to be sent over a connection. Small pieces, such as a head and a short body, are joined: to the system
/// each piece costs more than its copy costs us.
///
/// It sends nothing itself: a write may call back into the connection.
struct OutgoingBytes {
    /// Pieces of at most so many bytes are joined, and memory of at most so many is kept from one message to the next.
    private static let mostCopied = 2048

    private var joined: ByteBuffer?
    /// Whether `joined` is memory of our own, rather than bytes that are passed on.
    private var isOwn = false
    /// The memory of what was sent last. It is written anew, unless the channel still needs it.
    private var spare = ByteBuffer()
    /// Whether there is something that the channel has not been told to send.
    private(set) var isPending = false

    /// Adds what `body` writes, of which `capacity` is a guess in bytes.
    mutating func compose(capacity: Int, _ body: (inout ByteBuffer) -> Void) {
        isPending = true
        var buffer = ByteBuffer()
        if let before = joined.take() {
            buffer = before
        } else {
            swap(&buffer, &spare)
            buffer.clear(minimumCapacity: capacity)
            isOwn = true
        }
        body(&buffer)
        joined = buffer
    }

    /// Adds bytes. Returns what the channel has to be given before them, if they are not joined to it.
    mutating func add(_ bytes: ByteBuffer) -> ByteBuffer? {
        isPending = true
        guard var before = joined.take() else {
            joined = bytes
            isOwn = false
            return nil
        }
        guard max(before.readableBytes, bytes.readableBytes) <= Self.mostCopied else {
            joined = bytes
            isOwn = false
            return before
        }
        before.writeImmutableBuffer(bytes)
        joined = before
        return nil
    }

    /// Takes out what the channel has to be given before it is told to send.
    mutating func take() -> ByteBuffer? {
        isPending = false
        guard let bytes = joined.take() else { return nil }
        if isOwn, bytes.capacity <= Self.mostCopied { spare = bytes }
        return bytes
    }
}
