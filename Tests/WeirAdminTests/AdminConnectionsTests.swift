import Testing

@testable import WeirAdmin

@Suite("Admin connections")
struct AdminConnectionsTests {
    private let start = ContinuousClock.now
    private var connections = AdminConnections(
        timeouts: AdminTimeouts(request: .seconds(20), answer: .seconds(60)), most: 4, mostPerAddress: 3)

    private func after(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func expired(after seconds: Int) -> [Int32] {
        connections.expired(now: after(seconds)).sorted()
    }

    /// Opens a connection whose socket is its number and ten more. Returns whose socket must go.
    private mutating func open(_ id: UInt, from address: UInt8?, after seconds: Int) -> Int32? {
        let victim = connections.opened(
            id, socket: Int32(id) + 10, address: address.map { [$0] } ?? [], now: after(seconds))
        #expect(victim.map { Int32($0.id) + 10 } == victim?.socket)
        return victim?.socket
    }

    // MARK: Deadlines

    @Test("a request must have come in time, however slowly its bytes trickle")
    mutating func request() {
        _ = open(1, from: nil, after: 0)
        _ = open(2, from: nil, after: 5)
        #expect(expired(after: 19) == [])
        #expect(expired(after: 20) == [11])
        #expect(expired(after: 25) == [11, 12])
    }

    @Test("an answer must have been taken in time")
    mutating func answer() {
        _ = open(1, from: nil, after: 0)
        connections.moved(1, to: .sending, now: after(10))
        #expect(expired(after: 69) == [])
        #expect(expired(after: 70) == [11])
    }

    @Test("the next request has its own time")
    mutating func nextRequest() {
        _ = open(1, from: nil, after: 0)
        connections.moved(1, to: .sending, now: start)
        connections.moved(1, to: .asking, now: after(50))
        #expect(expired(after: 69) == [])
        #expect(expired(after: 70) == [11])
    }

    @Test("a reader of events may take its time")
    mutating func stream() {
        _ = open(1, from: nil, after: 0)
        connections.moved(1, to: .streaming, now: start)
        #expect(expired(after: 1_000_000) == [])
    }

    @Test("a closed connection has no deadline, and late news of it change nothing")
    mutating func closed() {
        _ = open(1, from: nil, after: 0)
        connections.closed(1)
        connections.moved(1, to: .asking, now: start)
        #expect(connections.isEmpty)
        #expect(expired(after: 1000) == [])
    }

    // MARK: Places

    @Test("beyond the limit the one that has asked for nothing for longest gives way")
    mutating func crowded() {
        for id in 1...4 as ClosedRange<UInt> { #expect(open(id, from: UInt8(id), after: Int(id)) == nil) }
        connections.moved(1, to: .asking, now: after(5))
        #expect(open(5, from: 5, after: 6) == 12)
        #expect(open(6, from: 6, after: 6) == 13)
    }

    @Test("the one that has got nowhere for longest gives way, and last those who wait for us")
    mutating func order() {
        for id in 1...4 as ClosedRange<UInt> { _ = open(id, from: UInt8(id), after: 0) }
        connections.moved(1, to: .gathering, now: after(1))
        connections.moved(2, to: .sending, now: after(4))
        connections.moved(3, to: .asking, now: after(3))
        connections.moved(4, to: .sending, now: after(2))
        #expect(open(5, from: 5, after: 5) == 14)
        connections.moved(5, to: .gathering, now: after(5))
        #expect(open(6, from: 6, after: 6) == 13)
        connections.moved(6, to: .gathering, now: after(6))
        #expect(open(7, from: 7, after: 7) == 12)
        connections.moved(7, to: .gathering, now: after(7))
        #expect(open(8, from: 8, after: 8) == 11)
    }

    @Test("a crowded address gives up its own, and no other's")
    mutating func crowdedAddress() {
        _ = open(1, from: 1, after: 0)
        for id in 2...4 as ClosedRange<UInt> { #expect(open(id, from: 9, after: Int(id)) == nil) }
        #expect(open(5, from: 9, after: 5) == 12)
        #expect(open(6, from: 9, after: 6) == 13)
    }

    @Test("on a unix socket, where all addresses are alike, only the total counts")
    mutating func noAddress() {
        for id in 1...4 as ClosedRange<UInt> { #expect(open(id, from: nil, after: Int(id)) == nil) }
        #expect(open(5, from: nil, after: 5) == 11)
    }

    @Test("readers of events stay")
    mutating func streamsStay() {
        for id in 1...4 as ClosedRange<UInt> {
            _ = open(id, from: UInt8(id), after: 0)
            connections.moved(id, to: .streaming, now: start)
        }
        #expect(open(5, from: 5, after: 1) == nil)
    }

    @Test("a closed connection makes room")
    mutating func roomAgain() {
        for id in 1...4 as ClosedRange<UInt> { _ = open(id, from: UInt8(id), after: 0) }
        connections.closed(2)
        #expect(open(5, from: 5, after: 1) == nil)
    }
}
