import NIOCore
import Synchronization

extension DataPath {
    /// The bare connection below a provider's TLS, to be cut without a word of TLS.
    final class Transport: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        /// The last connection that was made.
        final class Last: Sendable {
            private let close = Mutex<(@Sendable () -> Void)?>(nil)

            fileprivate func set(_ context: ChannelHandlerContext) {
                let loop = context.eventLoop
                let bound = NIOLoopBound(context, eventLoop: loop)
                close.withLock { $0 = { loop.execute { bound.value.close(promise: nil) } } }
            }

            /// Closes it in order, as far as TCP is concerned.
            func cut() {
                close.withLock { $0 }?()
            }
        }

        private let last: Last

        init(_ last: Last) {
            self.last = last
        }

        func handlerAdded(context: ChannelHandlerContext) {
            last.set(context)
        }
    }
}
