import NIOCore

extension DataPath {
    /// Shows the bytes of a connection to `see` as they come, before the provider's own handler; whatever it returns is
    /// sent back at once.
    final class FirstBytes: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let see: (ByteBuffer) -> String?

        init(_ see: @escaping (ByteBuffer) -> String?) {
            self.see = see
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if let reply = see(unwrapInboundIn(data)) {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: reply)), promise: nil)
            }
            context.fireChannelRead(data)
        }
    }
}

extension ByteBuffer {
    /// Whether this text, in lower case, is in it, letter case aside.
    func hasText(_ text: String) -> Bool {
        String(buffer: self).lowercased().contains(text)
    }
}
