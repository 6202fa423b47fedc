import NIOCore
import Synchronization

/// What the connections of a scripted upstream share.
final class UpstreamCore: Sendable {
    let record = Observed(UpstreamRecord())
    let script: Mutex<ScriptedUpstream.Script>
    let moment: ScriptedUpstream.Moment
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(script: @escaping ScriptedUpstream.Script, moment: ScriptedUpstream.Moment) {
        self.script = Mutex(script)
        self.moment = moment
    }

    /// Remembers a connection until it closes.
    func adopt(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        open.withLock { $0[key] = channel }
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { _ = $0.removeValue(forKey: key) }
        }
    }

    func closeConnections() {
        for channel in channels {
            channel.close(promise: nil)
        }
    }

    func setReading(_ isReading: Bool) {
        for channel in channels {
            // A connection that closes meanwhile needs no pause.
            channel.setOption(.autoRead, value: isReading).whenComplete { _ in }
        }
    }

    private var channels: [any Channel] {
        open.withLock { Array($0.values) }
    }
}
