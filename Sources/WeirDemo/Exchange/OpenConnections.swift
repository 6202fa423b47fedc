import NIOCore
import Synchronization

/// The accepted connections, so that stopping can close them, and no more of them than a bound.
final class OpenConnections: Sendable {
    private struct Members {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    private let members = Mutex(Members())
    private let most: Int

    init(most: Int) {
        self.most = most
    }

    /// Whether the connection may stay; it is forgotten when it closes.
    func add(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdded = members.withLock { members in
            guard !members.isClosed, members.channels.count < most else { return false }
            members.channels[key] = channel
            return true
        }
        if isAdded {
            channel.closeFuture.whenComplete { _ in
                self.members.withLock { _ = $0.channels.removeValue(forKey: key) }
            }
        }
        return isAdded
    }

    /// Closes every connection, and lets no more in.
    func closeAll() async {
        let open = members.withLock { members in
            members.isClosed = true
            return Array(members.channels.values)
        }
        for channel in open {
            channel.close(promise: nil)
        }
        for channel in open {
            // Only that it is closed matters here, not how.
            try? await channel.closeFuture.get()
        }
    }
}
