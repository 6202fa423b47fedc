import Foundation
import NIOCore

extension Channel {
    /// Closes with a TCP reset instead of an orderly end; on its event loop. A channel that cannot is closed.
    func reset() -> EventLoopFuture<Void> {
        guard let socket = self as? any SocketOptionProvider else { return close() }
        return socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).flatMap { self.close() }
    }
}
