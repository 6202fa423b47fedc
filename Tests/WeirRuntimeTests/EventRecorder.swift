import Synchronization
import WeirRuntime

/// Keeps the events that an actor emits.
final class EventRecorder: Sendable {
    private let recorded = Mutex<[String]>([])

    var sink: EventSink {
        { event in self.recorded.withLock { $0.append("\(event)") } }
    }

    var events: [String] { recorded.withLock { $0 } }

    func count(of prefix: String) -> Int {
        events.count { $0.hasPrefix(prefix) }
    }
}

/// Numbers noted by whoever gets to it.
final class Tally: Sendable {
    private let noted = Mutex<[Int]>([])

    func add(_ number: Int) {
        noted.withLock { $0.append(number) }
    }

    var numbers: [Int] { noted.withLock { $0 } }
}
