import Testing

@testable import WeirAdmin

@Suite("Shared gatherings")
struct SharedGatheringsTests {
    private var gatherings = SharedGatherings<String>()

    @Test("the first who asks has it gathered, and is served with that")
    mutating func first() {
        let begins = gatherings.join(1, for: "a")
        #expect(begins)
        let (served, again) = gatherings.finish("a")
        #expect(served == [1])
        #expect(!again)
    }

    @Test("who asks meanwhile shares the next gathering, since this one may be older than the question")
    mutating func sharedRound() {
        _ = gatherings.join(1, for: "a")
        let begun = (2...9).map { gatherings.join($0, for: "a") }
        #expect(begun.allSatisfy { !$0 })
        let first = gatherings.finish("a")
        #expect(first.served == [1])
        #expect(first.again)
        let second = gatherings.finish("a")
        #expect(second.served == Array(2...9))
        #expect(!second.again)
    }

    @Test("another document is gathered at the same time")
    mutating func otherDocument() {
        _ = gatherings.join(1, for: "a")
        let begins = gatherings.join(2, for: "b")
        #expect(begins)
        #expect(gatherings.finish("b").served == [2])
        #expect(gatherings.finish("a").served == [1])
    }

    @Test("who has left is not served, and nothing is gathered again for nobody")
    mutating func leaving() {
        _ = gatherings.join(1, for: "a")
        _ = gatherings.join(2, for: "a")
        gatherings.leave(1, document: "a")
        gatherings.leave(2, document: "a")
        let (served, again) = gatherings.finish("a")
        #expect(served == [])
        #expect(!again)
        let begins = gatherings.join(3, for: "a")
        #expect(begins)
    }

    @Test("while a gathering goes on none is begun beside it, though nobody waits for it any more")
    mutating func abandoned() {
        _ = gatherings.join(1, for: "a")
        gatherings.leave(1, document: "a")
        let begins = gatherings.join(2, for: "a")
        #expect(!begins)
        #expect(gatherings.finish("a").again)
    }
}
