import Testing
import WeirCore
import WeirProxy
import WeirRuntime

@testable import WeirSidecar

@Suite("Keys and changed limits in the state file")
struct StateKeysTests {
    private static func at(_ milliseconds: Int64) -> Instant { TestClock.at(milliseconds) }

    private static func limit(maxKeys: Int = 3, per: TimeSpan = .seconds(5)) -> LimitSettings {
        LimitSettings(
            name: "user", algorithm: .slidingWindow(requests: 4, per: per, margin: .zero), key: [.header("k")],
            maxKeys: maxKeys)
    }

    @Test("keys that come and go share the entries that there are, and those that are held are kept")
    func eviction() throws {
        let folder = try TestFolder()
        var random = SeededGenerator(seed: 5)
        var now = Self.at(0)
        var life: Life? = try Life(folder.state, shared: [Self.limit()], now: now)
        let size = folder.read().count
        var sent: [(key: String, moment: Instant)] = []
        // The three keys asked for last are those that are held.
        var held: [String] = []
        for step in 0..<400 {
            now = now + .milliseconds(.random(in: 0...300, using: &random))
            let key = "key \(Int.random(in: 0..<9, using: &random))"
            let isAdmitted = life?.admit(key: key, now: now) != nil
            if isAdmitted { sent.append((key, now)) }
            held = ([key] + held.filter { $0 != key }).prefix(3).map(\.self)
            sent.removeAll { !held.contains($0.key) }
            guard step % 9 == 0 else { continue }
            life = nil
            life = try Life(folder.state, shared: [Self.limit()], now: now)
            for key in held {
                let counting = sent.count { $0.key == key && $0.moment + .seconds(5) > now }
                let kept = life?.kept(key) ?? 0
                #expect(kept >= counting, "step \(step): \(key) has \(kept) of \(counting)")
            }
            // The file knows the order of the takes only.
            held = held.sorted { left, right in
                (sent.last { $0.key == left }?.moment ?? TestClock.at(0))
                    > (sent.last { $0.key == right }?.moment ?? TestClock.at(0))
            }
        }
        #expect(folder.read().count == size)
    }

    @Test("a key has its own tier's window, and one whose tier is gone begins anew")
    func tiers() throws {
        var limit = LimitSettings(
            name: "tiered", algorithm: .slidingWindow(requests: 2, per: .seconds(60), margin: .zero),
            key: [.header("k")], maxKeys: 10)
        let free = Tiers.Tier(name: "free", algorithm: .slidingWindow(requests: 2, per: .seconds(60), margin: .zero))
        let paid = Tiers.Tier(name: "paid", algorithm: .slidingWindow(requests: 5, per: .seconds(1), margin: .zero))
        limit.tiers = Tiers(by: .header("tier"), defaultTier: "free", tiers: [free, paid])
        let folder = try TestFolder()
        var life: Life? = try Life(folder.state, shared: [limit], now: Self.at(0))
        #expect(life?.drain(key: "a", tier: "free", now: Self.at(0)) == 2)
        #expect(life?.drain(key: "a", tier: "paid", now: Self.at(0)) == 5)
        life = nil
        // In another order, which changes the tiers' places.
        limit.tiers?.tiers = [paid, free]
        life = try Life(folder.state, shared: [limit], now: Self.at(1100))
        #expect(life?.drain(key: "a", tier: "free", now: Self.at(1100)) == 0)
        #expect(life?.drain(key: "a", tier: "paid", now: Self.at(1100)) == 5)
        life = nil
        limit.tiers?.tiers = [paid]
        limit.tiers?.defaultTier = "paid"
        life = try Life(folder.state, shared: [limit], now: Self.at(1200))
        #expect(life?.drain(key: "a", tier: "paid", now: Self.at(1200)) == 0)
    }

    @Test("changed figures take over what was spent, by the window that it was counted in")
    func changedFigures() throws {
        let folder = try TestFolder()
        var life: Life? = try Life(folder.state, shared: [StateFileTests.window, Self.limit()], now: Self.at(0))
        for _ in 0..<3 { #expect(life?.admit(key: "a", now: Self.at(0)) != nil) }
        life = nil
        var window = StateFileTests.window
        window.algorithm = .slidingWindow(requests: 100, per: .seconds(60), margin: .zero)
        life = try Life(folder.state, shared: [window, Self.limit(per: .seconds(60))], now: Self.at(1000))
        #expect(life?.past.limits.map { $0.keys.count } == [1, 1])
        #expect(life?.drain(key: "a", now: Self.at(1000)) == 1)
        #expect(life?.drain(key: "b", now: Self.at(59_999)) == 4)
        life = nil
        // Fewer keys than are held: none is forgotten in the file, the limiter drops the longest idle.
        life = try Life(
            folder.state, shared: [window, Self.limit(maxKeys: 1, per: .seconds(60))], now: Self.at(60_000))
        #expect(life?.kept("b") == 4)
    }

    @Test("a bucket takes its debt along to another rate, in units")
    func changedRate() throws {
        let folder = try TestFolder()
        func bucket(_ permits: Int64, burst: Int) -> LimitSettings {
            LimitSettings(
                name: "orders",
                algorithm: .tokenBucket(rate: Rate(permits: permits, per: .seconds(1)), burst: burst))
        }
        var life: Life? = try Life(folder.state, shared: [bucket(100, burst: 100)], now: Self.at(0))
        #expect(life?.drain(now: Self.at(0)) == 100)
        life = nil
        life = try Life(folder.state, shared: [bucket(1, burst: 100)], now: Self.at(100))
        #expect(
            life?.drain(now: Self.at(1200)) == 11, "of 100 spent, 10 grew back at the old rate and 1 at the new one")
    }

    @Test("what is not configured any more is dropped, and is not spent when it comes back")
    func dropped() throws {
        let folder = try TestFolder()
        var life: Life? = try Life(folder.state, shared: [StateFileTests.window], now: Self.at(0))
        #expect(life?.drain(now: Self.at(0)) == 10)
        life = nil
        life = try Life(folder.state, now: Self.at(1))
        life?.file.dropAll(but: [try #require(life?.books)])
        life = nil
        life = try Life(folder.state, shared: [StateFileTests.window], now: Self.at(2))
        #expect(life?.drain(now: Self.at(2)) == 10)
    }

    @Test("a reload keeps what is spent, under other figures, in another order and with new limits")
    func reload() throws {
        let folder = try TestFolder()
        let life = try Life(folder.state, shared: [StateFileTests.window, Self.limit()], now: Self.at(0))
        for key in ["a", "a", "b"] { #expect(life.admit(key: key, now: Self.at(0)) != nil) }
        let more = Self.limit(maxKeys: 50, per: .seconds(30))
        var added = StateFileTests.spacing
        added.name = "added"
        try life.reload(shared: [more, StateFileTests.window], endpoints: [("e", [])], now: Self.at(10))
        for key in ["a", "c", "d", "e"] { #expect(life.admit(key: key, now: Self.at(20)) != nil) }
        try life.reload(shared: [added, more, StateFileTests.window], now: Self.at(30))
        #expect(life.admit(key: "b", now: Self.at(40)) != nil)

        let copy = try TestFolder()
        try copy.write(folder.read())
        let next = try Life(copy.state, shared: [StateFileTests.window, more, added], now: Self.at(50))
        let units = ["a", "b", "c", "d", "e"].map { next.kept($0, limit: 1) }
        #expect(units == [3, 2, 1, 1, 1])
        #expect(next.past.limits[0].keys.first?.trace.units == 8)
        #expect(next.past.limits[2].keys.count == 1)
    }

    @Test("ten thousand keys are taken up again, each with what it has used")
    func manyKeys() throws {
        let folder = try TestFolder()
        let limit = Self.limit(maxKeys: 10_000, per: .seconds(3600))
        var life: Life? = try Life(folder.state, shared: [limit], now: Self.at(0))
        for number in 0..<2500 {
            for _ in 0...(number % 4) { _ = life?.admit(key: "\(number)", now: Self.at(Int64(number))) }
        }
        life = nil
        life = try Life(folder.state, shared: [limit], now: Self.at(3000))
        #expect(life?.past.limits[0].keys.count == 2500)
        for number in stride(from: 0, to: 2500, by: 7) {
            #expect(life?.drain(key: "\(number)", now: Self.at(3000)) == 3 - number % 4)
        }
        life = nil
        // What came then was written at the places that the keys have had since the restart.
        life = try Life(folder.state, shared: [limit], now: Self.at(3001))
        #expect(life?.past.limits[0].keys.count == 2500)
        for number in 0..<2500 { #expect(life?.kept("\(number)") == (number % 7 == 0 ? 4 : number % 4 + 1)) }
    }
}

extension Life {
    /// The units that the start found of a key of the last limit, or of another.
    func kept(_ key: String, limit place: Int? = nil) -> Int {
        let digest = self.digest(of: key)
        let limit = past.limits[place ?? past.limits.count - 1]
        return limit.keys.first { $0.key?.digest == digest }?.trace.units ?? 0
    }
}

extension LimitTrace {
    /// All units of a window.
    var units: Int? {
        if case .units(let units) = self { units.reduce(0) { $0 + $1.count } } else { nil }
    }
}
