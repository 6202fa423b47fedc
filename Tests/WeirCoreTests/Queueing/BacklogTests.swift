import Testing

@testable import WeirCore

@Suite("What those in line wait for")
struct BacklogTests {
    private func key(_ number: Int) -> LimitKey {
        LimitKey(digest: KeyDigest(first: UInt64(number), second: 7), tier: 0)
    }

    @Test("A key that nobody waits for any more leaves its place to another")
    func places() {
        var backlog = Backlog(limits: 2)
        for round in 0..<100 {
            let opened = [0, 1].map { backlog.open(limit: $0, key: key(round)) }
            #expect(opened.sorted() == [2, 3])
            #expect([0, 1].map { backlog.find(limit: $0, key: key(round)) } == opened)
            for place in opened { backlog.close(place) }
            #expect(backlog.find(limit: 0, key: key(round)) == nil)
        }
    }

    @Test("A key that calls to several endpoints wait for is one, until the last of them has gone")
    func common() {
        var backlog = Backlog(limits: 1)
        let place = backlog.open(limit: 0, key: key(1))
        #expect(backlog.open(limit: 0, key: key(1)) == place)
        backlog.close(place)
        #expect(backlog.find(limit: 0, key: key(1)) == place)
        #expect(backlog.open(limit: 0, key: key(2)) != place)
        backlog.close(place)
        #expect(backlog.find(limit: 0, key: key(1)) == nil)
    }

    @Test("Of several that wait for one thing, the one that waits longest tells when it is clear")
    func clearing() {
        var backlog = Backlog(limits: 1)
        backlog.unmark()
        for moment in [50, 100, 70] as [Int64] { backlog.mark(0, until: at(moment)) }
        #expect(backlog.clearing(0) == at(100))
        backlog.unmark()
        #expect(!backlog.isMarked(0))
        backlog.mark(0, until: at(60))
        #expect(backlog.clearing(0) == at(60), "what an earlier walk found is forgotten")
    }
}
