import Testing

@testable import WeirAdmin

@Suite("Deadlines of admin connections")
struct ConnectionDeadlinesTests {
    private let start = ContinuousClock.now
    private var deadlines = ConnectionDeadlines(
        timeouts: AdminTimeouts(request: .seconds(20), answer: .seconds(60)))

    private func expired(after seconds: Int) -> [Int32] {
        deadlines.expired(now: start + .seconds(seconds)).sorted()
    }

    @Test("a request must have come in time, however slowly its bytes trickle")
    mutating func request() {
        deadlines.opened(1, socket: 11, now: start)
        deadlines.opened(2, socket: 12, now: start + .seconds(5))
        #expect(expired(after: 19) == [])
        #expect(expired(after: 20) == [11])
        #expect(expired(after: 25) == [11, 12])
    }

    @Test("an answer must have been taken in time")
    mutating func answer() {
        deadlines.opened(1, socket: 11, now: start)
        deadlines.requestReceived(1, now: start + .seconds(10))
        #expect(expired(after: 69) == [])
        #expect(expired(after: 70) == [11])
    }

    @Test("the next request has its own time")
    mutating func nextRequest() {
        deadlines.opened(1, socket: 11, now: start)
        deadlines.requestReceived(1, now: start)
        deadlines.requestCompleted(1, now: start + .seconds(50))
        #expect(expired(after: 69) == [])
        #expect(expired(after: 70) == [11])
    }

    @Test("a closed connection has none, and late news of it change nothing")
    mutating func closed() {
        deadlines.opened(1, socket: 11, now: start)
        deadlines.closed(1)
        deadlines.requestReceived(1, now: start)
        deadlines.requestCompleted(1, now: start)
        #expect(deadlines.isEmpty)
        #expect(expired(after: 1000) == [])
    }
}
