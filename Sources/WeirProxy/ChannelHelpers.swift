#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import NIOCore

extension ByteBuffer {
    /// Puts what has been read behind what is left; what has been consumed is let go, so that a long body does not grow
    /// the buffer.
    mutating func append(_ bytes: inout ByteBuffer) {
        if readableBytes == 0 {
            self = bytes
        } else {
            discardReadBytes()
            writeBuffer(&bytes)
        }
    }
}

extension ChannelHandlerContext {
    /// Has a later close reset the connection rather than end it.
    func resetOnClose() {
        (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
    }
}
