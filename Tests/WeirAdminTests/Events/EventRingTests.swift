import Testing

@testable import WeirAdmin

@Suite("The ring of events")
struct EventRingTests {
    private func ring(of capacity: Int, events: Int) -> EventRing {
        var ring = EventRing(capacity: capacity)
        for number in 0..<events {
            ring.append(AdminEvent(.circuit, time: "\(number + 1)"))
        }
        return ring
    }

    private func json(_ number: Int) -> String {
        #"{"seq":\#(number),"time":"\#(number)","type":"circuit"}"#
    }

    private func frame(_ number: Int) -> String {
        "id: \(number)\nevent: circuit\ndata: \(json(number))\n\n"
    }

    /// Everything a reader is given until there is nothing left.
    private func drain(_ cursor: inout EventCursor, _ ring: EventRing, room: Int = 1000) -> String {
        var text: [UInt8] = []
        while true {
            let bytes = cursor.take(room, from: ring)
            #expect(bytes.count <= room)
            if bytes.isEmpty { return String(decoding: text, as: UTF8.self) }
            text += bytes
        }
    }

    @Test(
        "numbers events from 1 and keeps the newest",
        arguments: [(0, 1, 0), (1, 1, 1), (3, 1, 3), (4, 2, 4), (100, 98, 100)])
    func numbers(events: Int, oldest: UInt64, newest: UInt64) {
        let ring = ring(of: 3, events: events)
        #expect(ring.oldest == oldest)
        #expect(ring.newest == newest)
        for number in 0...101 as ClosedRange<UInt64> {
            let isThere = events > 0 && (oldest...newest).contains(number)
            #expect(
                ring.frame(number).map { String(decoding: $0, as: UTF8.self) } == (isThere ? frame(Int(number)) : nil))
        }
    }

    @Test(
        "shows the last events, oldest first",
        arguments: [(0, []), (1, [5]), (2, [4, 5]), (3, [3, 4, 5]), (9, [3, 4, 5])])
    func latest(count: Int, numbers: [Int]) {
        let shown = ring(of: 3, events: 5).latest(count).map { String(decoding: $0, as: UTF8.self) }
        #expect(shown == numbers.map(json))
    }

    @Test("a ring without a place has one")
    func noCapacity() {
        #expect(ring(of: 0, events: 2).latest(5).count == 1)
    }

    @Test(
        "a reader is told what it has not seen",
        arguments: [
            (nil, []), (5, []), (4, [5]), (2, [3, 4, 5]),
            // A number that was not given yet is of another life.
            (6, [3, 4, 5]), (UInt64.max, [3, 4, 5]),
        ] as [(UInt64?, [Int])])
    func replay(after: UInt64?, numbers: [Int]) {
        let ring = ring(of: 3, events: 5)
        var cursor = EventCursor(after: after, in: ring)
        let lost = after.map { $0 > 5 } == true ? ": 2 events were lost\n\n" : ""
        let text = drain(&cursor, ring)
        #expect(text == "retry: 1000\n\n" + lost + numbers.map(frame).joined())
    }

    @Test("a reader that was too slow is told how many events it lost, and goes on with the oldest")
    func slowReader() {
        let ring = ring(of: 3, events: 5)
        var cursor = EventCursor(after: 0, in: ring)
        let text = drain(&cursor, ring)
        #expect(text == "retry: 1000\n\n: 2 events were lost\n\n" + (3...5).map(frame).joined())
    }

    @Test("a reader is told what comes, once")
    func live() {
        var ring = ring(of: 3, events: 2)
        var cursor = EventCursor(after: nil, in: ring)
        _ = drain(&cursor, ring)
        ring.append(AdminEvent(.circuit, time: "3"))
        let first = drain(&cursor, ring)
        let second = drain(&cursor, ring)
        #expect(first == frame(3))
        #expect(second == "")
    }

    @Test("the pieces make the same whole, however small the room", arguments: [1, 2, 7, 64])
    func pieces(room: Int) {
        let ring = ring(of: 3, events: 5)
        var cursor = EventCursor(after: 2, in: ring)
        let text = drain(&cursor, ring, room: room)
        #expect(text == "retry: 1000\n\n" + (3...5).map(frame).joined())
    }

    @Test("a comment stands between events")
    func comment() {
        let ring = ring(of: 3, events: 1)
        var cursor = EventCursor(after: 0, in: ring)
        let before = drain(&cursor, ring)
        cursor.addComment()
        let after = drain(&cursor, ring)
        #expect(before.hasSuffix("\n\n"))
        #expect(after == ":\n\n")
    }
}
