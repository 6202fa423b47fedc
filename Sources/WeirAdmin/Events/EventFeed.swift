import Synchronization

/// Where events are told, and from where the admin endpoint tells them on.
///
/// It is made before anything else, so that nothing happens unseen, and keeps the last events for those who ask later.
package final class EventFeed: Sendable {
    private struct State {
        var ring: EventRing
        var onNews: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    /// - Parameter capacity: how many events are kept, at least 1.
    package init(capacity: Int = 1024) {
        state = Mutex(State(ring: EventRing(capacity: capacity)))
    }

    /// Tells an event. On any thread, at the cost of a few microseconds: what readers cost, others pay.
    package func publish(_ event: AdminEvent) {
        let onNews = state.withLock { state in
            state.ring.append(event)
            return state.onNews
        }
        onNews?()
    }

    /// The last events as JSON objects, oldest first.
    package func latest(_ count: Int) -> [[UInt8]] {
        state.withLock { $0.ring.latest(count) }
    }

    /// Has `action` done after each event, on the thread that tells it.
    func onNews(_ action: (@Sendable () -> Void)?) {
        state.withLock { $0.onNews = action }
    }

    /// A reader who has seen everything up to `after`.
    func cursor(after: UInt64?) -> EventCursor {
        state.withLock { EventCursor(after: after, in: $0.ring) }
    }

    /// The next bytes for a reader.
    func take(_ room: Int, for cursor: inout EventCursor) -> ArraySlice<UInt8> {
        state.withLock { cursor.take(room, from: $0.ring) }
    }
}
