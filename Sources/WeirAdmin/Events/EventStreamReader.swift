/// One reader of the event stream, as its response holds it: the reader ends with the response.
final class EventStreamReader: Sendable {
    private let streams: EventStreams
    private let number: UInt64

    init(streams: EventStreams, number: UInt64) {
        self.streams = streams
        self.number = number
    }

    deinit {
        streams.close(number)
    }

    /// What it is given next, on the daemon's thread.
    func next(room: Int) -> EventStreams.Portion {
        streams.next(number, room: room)
    }
}
