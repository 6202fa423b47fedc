internal import NIOCore

/// Memory for messages that are about to be sent, shared by the connections of one loop. What was used last is used next, so
/// that with many connections too it is in the processor's cache.
final class MessageMemory {
    /// What is kept at most: pieces, and bytes of each.
    private static let mostPieces = 8
    private static let mostBytes = 2048

    private var spare: [ByteBuffer] = []

    /// Memory for about `capacity` bytes.
    func take(capacity: Int) -> ByteBuffer {
        var buffer = spare.popLast() ?? ByteBuffer()
        // Memory that a channel still needs is not written: other memory takes its place.
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    /// Keeps the memory of a message for another one.
    func give(_ buffer: ByteBuffer) {
        if buffer.capacity <= Self.mostBytes, spare.count < Self.mostPieces { spare.append(buffer) }
    }
}
