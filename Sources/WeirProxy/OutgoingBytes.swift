internal import NIOCore

/// What is about to be sent over a connection. Small pieces, such as a head and a short body, are joined: to the system
/// each piece costs more than its copy costs us.
struct OutgoingBytes {
    /// Pieces of at most so many bytes are joined.
    private static let mostCopied = 2048

    private var joined: ByteBuffer?

    /// Adds what `body` writes.
    mutating func add(to context: ChannelHandlerContext, _ body: (inout ByteBuffer) -> Void) {
        var buffer = joined.take() ?? context.channel.allocator.buffer(capacity: 512)
        body(&buffer)
        joined = buffer
    }

    /// Adds bytes.
    mutating func add(_ bytes: ByteBuffer, to context: ChannelHandlerContext) {
        if var buffer = joined.take() {
            if max(buffer.readableBytes, bytes.readableBytes) <= Self.mostCopied {
                buffer.writeImmutableBuffer(bytes)
                joined = buffer
                return
            }
            context.write(NIOAny(buffer), promise: nil)
        }
        joined = bytes
    }

    /// Sends everything.
    mutating func flush(to context: ChannelHandlerContext) {
        pass(to: context)
        context.flush()
    }

    /// Has the channel hold everything, for its next flush.
    mutating func pass(to context: ChannelHandlerContext) {
        if let joined = joined.take() { context.write(NIOAny(joined), promise: nil) }
    }
}
