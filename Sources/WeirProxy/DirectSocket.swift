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

    /// Sends as much of two pieces, or of the last alone, as the kernel takes at once, and takes that off them. `before` is nil
    /// once nothing of it is left.
    ///
    /// - Returns: whether that was all. The rest is the channel's to send; it will meet the error, if there was one.
    func transmit(_ before: inout ByteBuffer?, _ last: inout ByteBuffer) -> Bool {
        guard let first = before else {
            last.moveReaderIndex(forwardBy: transmit(last))
            return last.readableBytes == 0
        }
        let sent = transmit(first, last)
        guard sent >= first.readableBytes else {
            before?.moveReaderIndex(forwardBy: sent)
            return false
        }
        before = nil
        last.moveReaderIndex(forwardBy: sent - first.readableBytes)
        return last.readableBytes == 0
    }

    /// How many bytes were sent; none where it failed.
    private func transmit(_ bytes: ByteBuffer) -> Int {
        unsafe bytes.withUnsafeReadableBytes { unsafe max(0, send(handle, $0.baseAddress, $0.count, Self.flags)) }
    }

    /// The same for two pieces in a row.
    private func transmit(_ before: ByteBuffer, _ last: ByteBuffer) -> Int {
        unsafe before.withUnsafeReadableBytes { before in
            unsafe last.withUnsafeReadableBytes { last in
                var pieces = unsafe (Self.piece(before), Self.piece(last))
                return unsafe withUnsafeMutablePointer(to: &pieces) { pieces in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = UnsafeMutableRawPointer(pieces).assumingMemoryBound(to: iovec.self)
                    unsafe message.msg_iovlen = 2
                    return unsafe max(0, sendmsg(handle, &message, Self.flags))
                }
            }
        }
    }

    private static func piece(_ bytes: UnsafeRawBufferPointer) -> iovec {
        unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    }

    #if canImport(Glibc)
    private static let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    #else
    /// NIO has told the socket not to raise SIGPIPE.
    private static let flags = Int32(0)
    #endif
}
