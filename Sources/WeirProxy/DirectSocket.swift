#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import NIOCore

/// The socket under a channel, for bytes that go to the kernel without the channel's pipeline and queue in between.
///
/// Only while the channel is active, and has nothing of its own to send: whoever holds one lets it go in `channelInactive`,
/// which NIO calls in the moment in which it closes the socket. Its number may be another connection's after that.
struct DirectSocket {
    private let handle: NIOBSDSocket.Handle

    /// The socket of an active channel; nil where it has none that it would lend.
    init?(_ context: ChannelHandlerContext) {
        let lent = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable {
            (handle: NIOBSDSocket.Handle) in handle
        }
        guard let handle = lent else { return nil }
        self.handle = handle
    }

    /// Sends as much as the kernel takes at once, and takes that off `bytes`.
    ///
    /// - Returns: whether that was all. The rest is the channel's to send; it will meet the error, if there was one.
    func send(_ bytes: inout ByteBuffer) -> Bool {
        #if canImport(Glibc)
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let sent = unsafe bytes.withUnsafeReadableBytes { unsafe Glibc.send(handle, $0.baseAddress, $0.count, flags) }
        #else
        // NIO has told the socket not to raise SIGPIPE.
        let sent = unsafe bytes.withUnsafeReadableBytes { unsafe Darwin.send(handle, $0.baseAddress, $0.count, 0) }
        #endif
        if sent > 0 { bytes.moveReaderIndex(forwardBy: sent) }
        return bytes.readableBytes == 0
    }
}
