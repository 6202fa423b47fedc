import Foundation
import Synchronization
import Testing
import WeirCore
import WeirProxy
import WeirRuntime

@testable import WeirSidecar

@Suite("The state file")
struct StateFileTests {
    static let window = LimitSettings(
        name: "ip", algorithm: .slidingWindow(requests: 10, per: .seconds(5), margin: .zero))
    static let bucket = LimitSettings(
        name: "orders", algorithm: .tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 8))
    static let keyed = LimitSettings(
        name: "user", algorithm: .slidingWindow(requests: 4, per: .seconds(5), margin: .zero), key: [.header("k")],
        maxKeys: 3)
    static let spacing = LimitSettings(name: "gap", algorithm: .spacing(every: .seconds(2), margin: .zero))
    static let inFlight = LimitSettings(name: "flight", algorithm: .concurrency(max: 2))

    static func at(_ milliseconds: Int64) -> Instant { TestClock.at(milliseconds) }

    /// A file in which 6 of the window, 5 of the bucket and 3 of key `a` are spent, at 0.
    private static func spent(_ folder: TestFolder) throws {
        let life = try Life(folder.state, shared: [window], endpoints: [("b", [bucket]), ("k", [keyed])], now: at(0))
        for _ in 0..<3 { _ = life.admit(endpoint: 0, now: at(0)) }
        _ = life.admit(2, endpoint: 0, now: at(0))
        #expect(life.admit(key: "a", endpoint: 1, now: at(0)) != nil)
    }

    private static func next(
        _ folder: TestFolder, now: Instant, wallOffset: TimeSpan = TestClock.wallOffset,
        boot: KeyDigest? = TestClock.boot
    ) throws -> Life {
        try Life(
            folder.state, shared: [window], endpoints: [("b", [bucket]), ("k", [keyed])], now: now,
            wallOffset: wallOffset, boot: boot)
    }

    // MARK: Going on

    @Test("without a file nothing is spent; with one everything is that was")
    func continues() throws {
        let folder = try TestFolder()
        #expect(try Life(folder.state, now: Self.at(0)).file.finding == .new)
        try Self.spent(folder)
        let life = try Self.next(folder, now: Self.at(100))
        #expect(life.file.finding == .continued)
        #expect(life.drain(key: "a", endpoint: 1, now: Self.at(100)) == 3)
        #expect(life.drain(endpoint: 0, now: Self.at(100)) == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.state)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(folder.names == ["state", "state.lock"])
    }

    @Test("a file outlives many restarts, and no unit counts for longer each time")
    func manyRestarts() throws {
        let folder = try TestFolder()
        try Self.spent(folder)
        for restart in 1...20 { _ = try Self.next(folder, now: Self.at(Int64(restart) * 200)) }
        // A 63rd of the window, and a millisecond.
        #expect(try Self.next(folder, now: Self.at(5081)).drain(key: "b", endpoint: 1, now: Self.at(5081)) == 4)
        #expect(try Self.next(folder, now: Self.at(5081)).drain(endpoint: 0, now: Self.at(5081)) == 6)
    }

    @Test("places in flight are free after a restart: what held them has ended")
    func places() throws {
        let folder = try TestFolder()
        let first = try Life(folder.state, shared: [Self.inFlight], now: Self.at(0))
        #expect(first.drain(now: Self.at(0)) == 2)
        let folderAgain = try TestFolder()
        try folderAgain.write(folder.read())
        #expect(try Life(folderAgain.state, shared: [Self.inFlight], now: Self.at(1)).drain(now: Self.at(1)) == 2)
    }

    @Test("what is given back is free after a restart, and what a restart brings is given back by nothing")
    func refunds() throws {
        let folder = try TestFolder()
        var life = try Self.next(folder, now: Self.at(0))
        let admission = try #require(life.admit(5, endpoint: 0, now: Self.at(0)))
        #expect(life.admit(2, endpoint: 0, now: Self.at(0)) != nil)
        life.giveBack(admission, now: Self.at(1))
        life = try Self.copy(of: folder, now: Self.at(2))
        #expect(life.drain(endpoint: 0, now: Self.at(2)) == 6)

        life = try Self.copy(of: folder, now: Self.at(2))
        let later = try #require(life.admit(3, endpoint: 0, now: Self.at(2)))
        life.giveBack(later, now: Self.at(3))
        #expect(life.drain(endpoint: 0, now: Self.at(3)) == 6)
    }

    @Test("an operator's reset is kept, of one key or of all")
    func resets() throws {
        let folder = try TestFolder()
        let life = try Self.next(folder, now: Self.at(0))
        for key in ["a", "b"] { #expect(life.admit(3, key: key, endpoint: 1, now: Self.at(0)) != nil) }
        life.reset(2, key: "a")
        let other = try Self.copy(of: folder, now: Self.at(1))
        #expect(other.drain(key: "b", endpoint: 1, now: Self.at(1)) == 1)
        #expect(other.drain(key: "a", endpoint: 1, now: Self.at(1)) == 3, "the shared window leaves no more")
        life.reset(0, key: nil)
        life.reset(2, key: nil)
        #expect(try Self.copy(of: folder, now: Self.at(1)).drain(key: "b", endpoint: 1, now: Self.at(1)) == 4)
    }

    /// A life that begins with what the file has now, while that of the file goes on.
    static func copy(of folder: TestFolder, now: Instant) throws -> Life {
        let copy = try TestFolder()
        try copy.write(folder.read())
        let life = try next(copy, now: now)
        #expect(life.file.finding == .continued)
        return life
    }

    // MARK: Nothing known

    /// Nothing goes through at the start, nor a moment before a window is over; then everything does.
    private static func isSpent(_ folder: TestFolder, _ change: (Int64) throws -> Life) throws {
        let data = folder.read()
        for (moment, orders, units) in [(100, 0, 0), (5099, 0, 0), (8100, 8, 2)] as [(Int64, Int, Int)] {
            try folder.write(data)
            var life: Life? = try change(100)
            life = nil
            // Another restart on the way does not forget it.
            life = try Self.next(folder, now: at(100))
            #expect(life?.drain(endpoint: 0, now: at(moment)) == orders, "at \(moment)")
            #expect(life?.drain(key: "new", endpoint: 1, now: at(moment)) == units, "at \(moment)")
        }
    }

    @Test("in another boot everything counts as spent for one window")
    func otherBoot() throws {
        let folder = try TestFolder()
        try Self.spent(folder)
        let data = folder.read()
        for boot in [TestClock.otherBoot, nil] as [KeyDigest?] {
            try folder.write(data)
            let life = try Self.next(folder, now: Self.at(0), boot: boot)
            #expect(life.file.finding == .otherBoot)
            #expect(life.drain(endpoint: 0, now: Self.at(4999)) == 0)
            #expect(life.drain(key: "new", endpoint: 1, now: Self.at(4999)) == 0)
            #expect(life.drain(key: "new", endpoint: 1, now: Self.at(5000)) == 4)
            #expect(life.drain(endpoint: 0, now: Self.at(8000)) == 6)
        }
        #expect(folder.names == ["state", "state.lock"])
    }

    @Test("in another boot every key counts as spent, known or new, until a window is over")
    func keysInOtherBoot() throws {
        let folder = try TestFolder()
        do {
            let life = try Life(folder.state, shared: [Self.keyed], now: Self.at(0))
            #expect(life.admit(key: "a", now: Self.at(0)) != nil)
        }
        let life = try Life(folder.state, shared: [Self.keyed], now: Self.at(100), boot: TestClock.otherBoot)
        for (moment, units) in [(5099, 0), (5100, 4)] as [(Int64, Int)] {
            for key in ["a", "b"] { #expect(life.drain(key: key, now: Self.at(moment)) == units) }
        }
        let empty = try TestFolder()
        let other = try Life(empty.state, shared: [Self.keyed], now: Self.at(100))
        #expect(other.drain(key: "b", now: Self.at(100)) == 4)
    }

    @Test("that everything is spent is not forgotten when the file is made anew without what is void")
    func packedWhileSpent() throws {
        let folder = try TestFolder()
        try Self.spent(folder)
        var life: Life? = try Self.next(folder, now: Self.at(100), boot: TestClock.otherBoot)
        life?.file.dropAll(but: [])
        life = nil
        let size = folder.read().count
        life = try Self.next(folder, now: Self.at(200), boot: TestClock.otherBoot)
        #expect(life?.file.finding == .continued)
        #expect(folder.read().count == size, "the void regions have gone, as many new ones have come")
        #expect(life?.drain(endpoint: 0, now: Self.at(5099)) == 0)
        #expect(life?.drain(endpoint: 0, now: Self.at(5100)) == 5)
    }

    @Test("a later version is set aside as it is, and everything counts as spent for one window")
    func laterVersion() throws {
        let folder = try TestFolder()
        try Self.spent(folder)
        var data = folder.read()
        data[StateLayout.Header.version * 8] += 1
        try folder.write(data)
        try Self.isSpent(folder) { now in
            let life = try Self.next(folder, now: Self.at(now))
            guard case .setAside(let reason, let name) = life.file.finding else {
                Issue.record("\(life.file.finding)")
                return life
            }
            #expect(reason.contains("version 2"))
            #expect(name.hasPrefix(folder.state + ".newer-"))
            #expect(FileManager.default.contents(atPath: name) == data)
            return life
        }
    }

    @Test("a file cut off anywhere is set aside, and everything counts as spent for one window")
    func truncated() throws {
        let folder = try TestFolder()
        try Self.spent(folder)
        let data = folder.read()
        #expect(data.count % StateLayout.page == 0)
        for length in Array(stride(from: 0, to: data.count, by: 61)) + [data.count - 1] {
            let copy = try TestFolder()
            try copy.write(data.prefix(length))
            let life = try Self.next(copy, now: Self.at(100))
            guard case .setAside(_, let name) = life.file.finding else {
                Issue.record("\(length) bytes: \(life.file.finding)")
                continue
            }
            #expect(name.hasPrefix(copy.state + ".corrupt-"))
            #expect(life.drain(endpoint: 0, now: Self.at(5099)) == 0)
            #expect(life.drain(key: "a", endpoint: 1, now: Self.at(5099)) == 0)
        }
        try folder.write(data.prefix(100))
        try Self.isSpent(folder) { try Self.next(folder, now: Self.at($0)) }
    }

    @Test("a flipped bit is noticed, or takes nothing away")
    func flipped() throws {
        let folder = try TestFolder()
        try Self.spent(folder)
        let data = folder.read()
        var random = SeededGenerator(seed: 4)
        var noticed = 0
        for word in 0..<data.count / 8 {
            let isZero = data[word * 8..<word * 8 + 8].allSatisfy { $0 == 0 }
            if isZero, word % 5 != 0 { continue }
            let bit = Int.random(in: 0..<64, using: &random)
            var flipped = data
            flipped[word * 8 + bit / 8] ^= 1 << UInt8(bit % 8)
            let copy = try TestFolder()
            try copy.write(flipped)
            let life = try Self.next(copy, now: Self.at(100))
            if life.file.finding == .continued {
                #expect(isZero, "word \(word), bit \(bit)")
                #expect(life.drain(key: "a", endpoint: 1, now: Self.at(100)) == 3, "word \(word), bit \(bit)")
                #expect(life.drain(endpoint: 0, now: Self.at(100)) == 1, "word \(word), bit \(bit)")
            } else {
                noticed += 1
                #expect(life.drain(key: "a", endpoint: 1, now: Self.at(100)) == 0, "word \(word), bit \(bit)")
                #expect(life.drain(endpoint: 0, now: Self.at(100)) == 0, "word \(word), bit \(bit)")
            }
        }
        #expect(noticed > 30)
    }

    @Test("a clock set back has calendar windows count as spent once, and nothing else")
    func clockSetBack() throws {
        let calendar = LimitSettings(
            name: "day", algorithm: .calendarWindow(requests: 5, per: .seconds(10), margin: .zero))
        let folder = try TestFolder()
        // Nothing is taken; the clock goes back by an hour, which begins a window too.
        _ = try Life(folder.state, shared: [calendar, Self.bucket], now: Self.at(0))
        let back = TestClock.wallOffset + .seconds(-3600)
        for now in [100, 200] as [Int64] {
            let life = try Life(folder.state, shared: [calendar, Self.bucket], now: Self.at(now), wallOffset: back)
            #expect(life.file.finding == (now == 100 ? .clockSetBack : .continued))
            #expect(life.past.limits[0].spentAt != nil)
            #expect(life.past.limits[1].spentAt == nil)
            #expect(life.drain(now: Self.at(now)) == 0)
        }
    }

    // MARK: Whose it is

    @Test("a second process is told that the file is in use; once the first is gone it may have it")
    func locked() throws {
        let folder = try TestFolder()
        var first: Life? = try Life(folder.state, now: Self.at(0))
        let error = #expect(throws: StateFileError.self) { try Life(folder.state, now: Self.at(0)) }
        #expect(error?.description.contains("another process") == true)
        #expect(first?.file.finding == .new)
        first = nil
        #expect(try Life(folder.state, now: Self.at(0)).file.finding == .continued)
    }

    @Test("a path that cannot be had says why")
    func unavailable() throws {
        let folder = try TestFolder()
        let missing = #expect(throws: StateFileError.self) { try Life(folder.path + "/no/state", now: Self.at(0)) }
        #expect(missing?.description.contains("No such file") == true)
        try FileManager.default.createDirectory(atPath: folder.state, withIntermediateDirectories: false)
        let wrong = #expect(throws: StateFileError.self) { try Life(folder.state, now: Self.at(0)) }
        #expect(wrong?.description.contains("not a file") == true)
    }

    @Test("neither a key's value nor a header's is in the file")
    func secrets() throws {
        let folder = try TestFolder()
        let life = try Self.next(folder, now: Self.at(0))
        let secret = "CANARY-4711-SECRET"
        #expect(life.admit(key: secret, endpoint: 1, now: Self.at(0)) != nil)
        #expect(folder.read().count > 0)
        #expect(folder.read().range(of: Data(secret.utf8)) == nil)
        #expect(folder.read().range(of: Data("CANARY".utf8)) == nil)
    }
}

extension Life {
    /// What an operator's reset does.
    func reset(_ limit: Int, key: String?) {
        let slots = key.map { self.slots(limit, key: $0) }
        let isForgotten = forget(limit, key: key)
        #expect(isForgotten)
        journal.reset(limit: limit, slots: slots)
    }
}
