/// The last events, numbered from 1 in the order in which they came. The oldest gives way to the newest.
struct EventRing {
    private struct Entry {
        let kind: AdminEvent.Kind
        let json: [UInt8]
    }

    private let capacity: Int
    /// Where the event of a number stands: at its remainder by the capacity.
    private var entries: [Entry] = []
    /// The number of the newest event; 0 if there was none yet.
    private(set) var newest: UInt64 = 0

    /// An empty ring for so many events, at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// The number of the oldest event that is still there; one above `newest` if there is none.
    var oldest: UInt64 { newest - UInt64(entries.count) + 1 }

    /// Adds an event.
    mutating func append(_ event: AdminEvent) {
        newest += 1
        let entry = Entry(kind: event.kind, json: event.json(sequence: newest))
        if entries.count < capacity {
            entries.append(entry)
        } else {
            entries[place(newest)] = entry
        }
    }

    /// The JSON of the last events, oldest first.
    func latest(_ count: Int) -> [[UInt8]] {
        let wanted = UInt64(clamping: min(count, entries.count))
        return (newest - wanted..<newest).map { entries[place($0 + 1)].json }
    }

    /// The event of this number as the event stream sends it; `nil` unless it is there.
    func frame(_ number: UInt64) -> [UInt8]? {
        guard (oldest..<newest + 1).contains(number) else { return nil }
        let entry = entries[place(number)]
        return Array("id: \(number)\nevent: \(entry.kind.rawValue)\ndata: ".utf8) + entry.json + Array("\n\n".utf8)
    }

    private func place(_ number: UInt64) -> Int {
        Int((number - 1) % UInt64(capacity))
    }
}
