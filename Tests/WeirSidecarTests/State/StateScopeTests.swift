import Testing
import WeirCore
import WeirProxy
import WeirRuntime

@testable import WeirSidecar

@Suite("Stops and circuits in the state file")
struct StateScopeTests {
    private static func at(_ milliseconds: Int64) -> Instant { TestClock.at(milliseconds) }

    private struct Stop: Equatable {
        let scope: HoldScope
        let until: Instant
        let isBan: Bool

        init(_ scope: HoldScope, _ until: Instant, isBan: Bool = false) {
            (self.scope, self.until, self.isBan) = (scope, until, isBan)
        }
    }

    private static func stops(
        _ folder: TestFolder, now: Instant, wallOffset: TimeSpan = TestClock.wallOffset,
        boot: KeyDigest = TestClock.boot
    ) throws -> [Stop] {
        let copy = try TestFolder()
        try copy.write(folder.read())
        let life = try Life(copy.state, now: now, wallOffset: wallOffset, boot: boot)
        return life.past.stops.map { Stop($0.scope, $0.until, isBan: $0.isBan) }
    }

    @Test("a freeze and a ban go on, each for its scope, until they are over")
    func sameBoot() throws {
        let folder = try TestFolder()
        let life = try Life(folder.state, now: Self.at(0))
        life.journal.froze(.upstream, until: Self.at(60_000), isBan: true, now: Self.at(0))
        life.journal.froze(.endpoint(0), until: Self.at(5000), isBan: false, now: Self.at(0))
        // Shorter ones change nothing.
        life.journal.froze(.upstream, until: Self.at(50_000), isBan: true, now: Self.at(0))
        let ban = Stop(.upstream, Self.at(60_000), isBan: true)
        #expect(try Self.stops(folder, now: Self.at(100)) == [ban, Stop(.endpoint(0), Self.at(5000))])
        #expect(try Self.stops(folder, now: Self.at(5000)) == [ban])
        #expect(try Self.stops(folder, now: Self.at(60_000)) == [])
    }

    @Test("in another boot a stop goes on by the wall clock, and never for longer than it was meant to")
    func otherBoot() throws {
        let folder = try TestFolder()
        let life = try Life(folder.state, now: Self.at(0))
        life.journal.froze(.upstream, until: Self.at(60_000), isBan: true, now: Self.at(0))
        // The monotonic clock begins anew: at 1 s of uptime 20 s have passed by the wall clock.
        let now = Instant(nanoseconds: 1_000_000_000)
        let passed = Self.at(20_000) - now + TestClock.wallOffset
        let left = try Self.stops(folder, now: now, wallOffset: passed, boot: TestClock.otherBoot)
        #expect(left == [Stop(.upstream, now + .seconds(40), isBan: true)])
        // A clock that has been set back by a day does not make a minute a day, nor shorten it.
        let back = try Self.stops(
            folder, now: now, wallOffset: passed + .seconds(-86_400), boot: TestClock.otherBoot)
        #expect(back == [Stop(.upstream, now + .seconds(60), isBan: true)])
        let over = try Self.stops(folder, now: now, wallOffset: passed + .seconds(40), boot: TestClock.otherBoot)
        #expect(over == [])
    }

    @Test("a stop in another boot is kept over further restarts")
    func otherBootTwice() throws {
        let folder = try TestFolder()
        do {
            let life = try Life(folder.state, now: Self.at(0))
            life.journal.froze(.endpoint(0), until: Self.at(60_000), isBan: false, now: Self.at(0))
        }
        let now = Self.at(10_000)
        for _ in 0..<3 {
            let life = try Life(folder.state, now: now, boot: TestClock.otherBoot)
            #expect(life.past.stops.map(\.until) == [Self.at(60_000)])
        }
    }

    @Test("a wall clock that is set while Weir runs is followed, for another boot to go by")
    func clockSet() throws {
        let folder = try TestFolder()
        let life = try Life(folder.state, now: Self.at(0))
        life.journal.froze(.upstream, until: Self.at(60_000), isBan: true, now: Self.at(0))
        let set = TestClock.wallOffset + .seconds(3600)
        life.journal.setWallOffset(set)
        let left = try Self.stops(folder, now: Self.at(10_000), wallOffset: set, boot: TestClock.otherBoot)
        #expect(left == [Stop(.upstream, Self.at(60_000), isBan: true)])
        #expect(try Self.stops(folder, now: Self.at(10_000), wallOffset: set) == left, "nor in this one does it matter")
    }

    @Test("an open circuit is open after a restart, one that closed is closed, and in another boot all are")
    func circuits() throws {
        let folder = try TestFolder()
        let life = try Life(folder.state, now: Self.at(0))
        let record = CircuitRecord(since: Self.at(0), until: Self.at(30_000), failedProbes: 3)
        life.books.circuitJournal(endpoint: 0)(record)
        life.books.circuitJournal(endpoint: nil)(record)
        life.books.circuitJournal(endpoint: nil)(nil)
        let copy = try TestFolder()
        try copy.write(folder.read())
        do {
            let past = try Life(copy.state, now: Self.at(10)).past
            #expect(past.endpointCircuits == [record])
            #expect(past.circuit == nil)
        }
        #expect(try Life(copy.state, now: Self.at(10), boot: TestClock.otherBoot).past.endpointCircuits == [nil])
    }
}
