import NIOCore
import Synchronization

extension DataPath {
    /// Keeps connections waiting, before a byte of theirs is answered, until so many of them are being opened at once.
    final class Crowd: Sendable {
        private struct State {
            var missing: Int
            var releases: [@Sendable () -> Void] = []
        }

        private let state: Mutex<State>

        /// Waits for `count` connections.
        init(of count: Int) {
            state = Mutex(State(missing: count))
        }

        /// Waits for `count` further connections from now on.
        func gather(_ count: Int) {
            state.withLock { $0.missing = count }
        }

        fileprivate func join(_ release: @escaping @Sendable () -> Void) {
            let releases = state.withLock { state in
                state.releases.append(release)
                state.missing -= 1
                guard state.missing <= 0 else { return [@Sendable () -> Void]() }
                defer { state.releases = [] }
                return state.releases
            }
            for release in releases { release() }
        }
    }

    /// One connection of a crowd. It stands before the provider's TLS.
    final class CrowdMember: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let crowd: Crowd
        private var isReleased = false
        private var held: [NIOAny] = []

        init(_ crowd: Crowd) {
            self.crowd = crowd
        }

        func channelActive(context: ChannelHandlerContext) {
            let loop = context.eventLoop
            let bound = NIOLoopBound((self, context), eventLoop: loop)
            crowd.join {
                loop.execute {
                    let (member, context) = bound.value
                    member.release(context)
                }
            }
            context.fireChannelActive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isReleased { context.fireChannelRead(data) } else { held.append(data) }
        }

        private func release(_ context: ChannelHandlerContext) {
            isReleased = true
            for data in held { context.fireChannelRead(data) }
            held = []
            context.fireChannelReadComplete()
        }
    }
}
