import Testing
import WeirCore

@Suite("Keyed limits")
struct KeyedLimitTests {
    /// A desk with one limit keyed by a header.
    final class Counter {
        private var control: AdmissionControl
        private var keying: Keying?
        private var limit: LimitSettings

        init(
            _ algorithm: LimitSettings.Algorithm, maxKeys: Int = 100, missing: LimitSettings.KeyMissing = .shared,
            tiers: Tiers? = nil
        ) {
            limit = LimitSettings(
                name: "client", algorithm: algorithm, key: [.header("k")], keyMissing: missing, maxKeys: maxKeys,
                tiers: tiers)
            control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 100, shares: [100])
            keying = control.keying(of: 0)
        }

        func take(_ key: String?, _ now: Instant, cost: Int = 1, tier: String? = nil) -> Admission? {
            let keys = try? keying?.keys { $0 == .header("k") ? key : tier }
            let demand = Demand(endpoint: 0, cost: cost, keys: keys ?? .none, deadline: now)
            guard case .admitted(let granted) = control.enter(demand, ready: true, now: now) else { return nil }
            return granted.admission
        }

        func change(_ now: Instant, _ change: (inout LimitSettings) -> Void) {
            change(&limit)
            control.reconfigure(
                shared: [limit], endpoints: [[]], maxLength: 100, shares: [100], from: [0], now: now)
            keying = control.keying(of: 0)
        }

        func release(_ admission: Admission, _ now: Instant) { control.release(admission, now: now) }
        func giveBack(_ admission: Admission, _ now: Instant) { control.giveBack(admission, now: now) }
        func reset(_ key: String?, tier: String? = nil) -> Bool {
            control.reset(0, key: key.map { [$0] }, tier: tier)
        }
        func shown(_ now: Instant) -> LimitSnapshot { control.snapshot(now: now).limits[0] }
    }

    static let window = LimitSettings.Algorithm.slidingWindow(requests: 1, per: .seconds(1), margin: .zero)

    @Test("Each key has the whole limit, and none sees another's use")
    func apart() {
        let limit = Counter(Self.window)
        #expect(limit.take("a", at(0)) != nil)
        #expect(limit.take("a", at(0)) == nil)
        #expect(limit.take("b", at(0)) != nil)
        #expect(limit.take(nil, at(0)) != nil, "those without a key share one")
        #expect(limit.take(nil, at(0)) == nil)
        #expect(limit.shown(at(0)).keys == 3)
        #expect(limit.shown(at(0)).used == nil)
    }

    @Test("Calls that a limit skips take nothing of it")
    func skipped() {
        let limit = Counter(Self.window, missing: .skip)
        for _ in 0..<3 { #expect(limit.take(nil, at(0)) != nil) }
        #expect(limit.shown(at(0)).keys == 0)
    }

    @Test("A key that is full again is forgotten, and one that is not stays")
    func forgotten() {
        let limit = Counter(Self.window)
        #expect(limit.take("a", at(0)) != nil)
        #expect(limit.take("b", at(500)) != nil)
        #expect(limit.shown(at(999)).keys == 2)
        #expect(limit.shown(at(1000)).keys == 1)
        #expect(limit.take("b", at(1499)) == nil)
        #expect(limit.shown(at(1500)).keys == 0)
        #expect(limit.shown(at(1500)).evictions == 0)
    }

    /// facts.md: an early eviction of a key hands its caller a full burst.
    @Test("At the bound, keys that are full again go first and are not counted; whoever is not keeps what it used")
    func earlyEviction() {
        let limit = Counter(.tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 10), maxKeys: 3)
        #expect(limit.take("drained", at(0), cost: 10) != nil)
        #expect(limit.take("b", at(1), cost: 1) != nil)
        #expect(limit.take("c", at(2), cost: 9) != nil)
        #expect(limit.take("d", at(1002)) != nil, "b is full again, though drained has been idle for longer")
        #expect(limit.shown(at(1002)).evictions == 0)
        #expect(limit.take("drained", at(1003), cost: 2) == nil, "no second burst")
        #expect(limit.take("drained", at(1003), cost: 1) != nil)
    }

    @Test("A key that is full again is found behind those that were used again since")
    func hiddenFullKey() {
        let limit = Counter(.tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 10), maxKeys: 6)
        for key in ["a", "b", "c", "d", "e"] { #expect(limit.take(key, at(0)) != nil) }
        for key in ["a", "b", "c", "d", "e"] { #expect(limit.take(key, at(1), cost: 9) != nil) }
        #expect(limit.take("light", at(2)) != nil)
        #expect(limit.take("new", at(1100)) != nil)
        #expect(limit.shown(at(1100)).evictions == 0)
        #expect(limit.take("a", at(1100), cost: 2) == nil, "the longest idle is drained, and was kept")
    }

    @Test("Where nobody is full again, the longest idle goes, and is counted")
    func forcedEviction() {
        let limit = Counter(.slidingWindow(requests: 2, per: .seconds(10), margin: .zero), maxKeys: 2)
        #expect(limit.take("a", at(0)) != nil)
        #expect(limit.take("b", at(1)) != nil)
        #expect(limit.take("a", at(2)) != nil, "now b is the longest idle")
        #expect(limit.take("c", at(3)) != nil)
        #expect(limit.shown(at(3)).evictions == 1)
        #expect(limit.take("a", at(4)) == nil, "a was kept")
        #expect(limit.shown(at(4)).keys == 2)
    }

    @Test("Whoever asks and is refused is not idle: hammering gets nobody a second burst")
    func hammering() {
        let limit = Counter(.slidingWindow(requests: 2, per: .seconds(10), margin: .zero), maxKeys: 2)
        #expect(limit.take("hammer", at(0), cost: 2) != nil)
        #expect(limit.take("b", at(1)) != nil)
        #expect(limit.take("hammer", at(2)) == nil)
        #expect(limit.take("c", at(3)) != nil, "b goes, which has not asked for longer")
        #expect(limit.take("hammer", at(4)) == nil)
        #expect(limit.take("d", at(5)) != nil, "c goes")
        #expect(limit.take("hammer", at(6)) == nil)
        #expect(limit.shown(at(6)).evictions == 2)
    }

    @Test("Of many keys, the one that goes early is among the longest idle")
    func idleOfMany() {
        let limit = Counter(.slidingWindow(requests: 2, per: .seconds(1000), margin: .zero), maxKeys: 2000)
        for number in 0..<2000 { #expect(limit.take("\(number)", at(Int64(number))) != nil) }
        for number in 1000..<2000 { #expect(limit.take("\(number)", at(3000), cost: 2) == nil) }
        for number in 2000..<2400 { #expect(limit.take("\(number)", at(4000)) != nil) }
        #expect(limit.shown(at(4000)).evictions == 400)
        for number in 1000..<2000 { #expect(limit.take("\(number)", at(4000), cost: 2) == nil, "has asked since") }
    }

    @Test("A flood of new keys leaves the bound in place and costs each nothing but its place")
    func flood() {
        let limit = Counter(Self.window, maxKeys: 50)
        for number in 0..<2000 { #expect(limit.take("k\(number)", at(Int64(number))) != nil) }
        #expect(limit.shown(at(2000)).keys == 50)
        #expect(limit.shown(at(2000)).evictions == 1950)
    }

    @Test("Places are freed by key, once, and not into a key's next life")
    func places() throws {
        let limit = Counter(.concurrency(max: 1), maxKeys: 1)
        let first = try #require(limit.take("a", at(0)))
        #expect(limit.take("a", at(0)) == nil)
        #expect(limit.take("b", at(1)) != nil, "the bound drops a, in flight as it is")
        #expect(limit.shown(at(1)).evictions == 1)
        let second = try #require(limit.take("a", at(2)))
        limit.release(first, at(3))
        #expect(limit.take("a", at(3)) == nil, "the place of the key that was dropped is not this one")
        limit.release(second, at(4))
        limit.release(second, at(4))
        #expect(limit.shown(at(4)).keys == 0, "a key without anything in flight costs nothing")
    }

    @Test("What is given back is that key's again")
    func refund() throws {
        let limit = Counter(Self.window)
        let admission = try #require(limit.take("a", at(0)))
        #expect(limit.take("b", at(0)) != nil)
        limit.giveBack(admission, at(1))
        #expect(limit.take("a", at(1)) != nil)
        #expect(limit.take("b", at(1)) == nil)
    }

    @Test("A reset forgets one key, or all, and what came before is not given back any more")
    func reset() throws {
        let limit = Counter(Self.window)
        let before = try #require(limit.take("a", at(0)))
        #expect(limit.take("b", at(0)) != nil)
        #expect(limit.reset("a"))
        #expect(limit.take("a", at(1)) != nil)
        limit.giveBack(before, at(2))
        #expect(limit.take("a", at(2)) == nil)
        #expect(limit.take("b", at(2)) == nil)
        #expect(limit.reset(nil))
        #expect(limit.take("b", at(3)) != nil)
        #expect(!limit.reset("a", tier: "gold"), "there are no tiers")
    }

    @Test("Another bound drops as many keys as are too many, the longest idle first")
    func lowerBound() {
        let limit = Counter(Self.window, maxKeys: 5)
        for key in ["a", "b", "c"] { #expect(limit.take(key, at(0)) != nil) }
        limit.change(at(1)) { $0.maxKeys = 3 }
        #expect(limit.shown(at(1)).evictions == 0)
        limit.change(at(1)) { $0.maxKeys = 2 }
        #expect(limit.shown(at(1)).evictions == 1)
        #expect(limit.shown(at(1)).keys == 2)
        #expect(limit.take("b", at(1)) == nil)
        #expect(limit.take("c", at(1)) == nil)
        #expect(limit.take("a", at(1)) != nil)
    }

    @Test("A limit by another key, or of another kind, is another limit")
    func anotherLimit() {
        let limit = Counter(Self.window)
        #expect(limit.take("a", at(0)) != nil)
        limit.change(at(1)) { $0.key = [.header("j")] }
        #expect(limit.take(nil, at(1), tier: "a") != nil)
        #expect(limit.take(nil, at(1), tier: "a") == nil)
        limit.change(at(2)) { $0.algorithm = .concurrency(max: 1) }
        #expect(limit.shown(at(2)).keys == 0)
        #expect(limit.take(nil, at(2), tier: "a") != nil)
    }

    @Test("Tiers that are told in another order, or fewer, keep what their keys have used")
    func otherTiers() throws {
        func tiers(_ names: [String]) -> Tiers {
            Tiers(
                by: .header("t"), defaultTier: names[0],
                tiers: names.map { .init(name: $0, algorithm: .concurrency(max: $0 == "free" ? 1 : 2)) })
        }
        let limit = Counter(.concurrency(max: 1), tiers: tiers(["free", "paid"]))
        let free = try #require(limit.take("a", at(0), tier: "free"))
        let paid = try #require(limit.take("a", at(0), tier: "paid"))
        limit.change(at(1)) { $0.tiers = tiers(["paid", "free"]) }
        #expect(limit.take("a", at(1), tier: "free") == nil)
        let second = try #require(limit.take("a", at(1), tier: "paid"))
        #expect(limit.take("a", at(1), tier: "paid") == nil)
        limit.change(at(2)) { $0.tiers = tiers(["paid"]) }
        #expect(limit.take("a", at(2), tier: "paid") == nil)
        limit.release(free, at(3))
        #expect(limit.take("a", at(3), tier: "paid") == nil, "the tier of that place is gone")
        limit.release(paid, at(3))
        let third = try #require(
            limit.take("a", at(3), tier: "paid"), "a place of the second tier, which is the first now")
        #expect(limit.shown(at(3)).keys == 1)
        limit.release(second, at(4))
        limit.release(third, at(4))
        #expect(limit.shown(at(4)).keys == 0)
    }

    @Test("Where tiers alone tell calls apart, one that brings no keys is of the default tier")
    func noKeys() throws {
        let limit = LimitSettings(
            name: "client", algorithm: .concurrency(max: 1), keyMissing: .skip,
            tiers: Tiers(
                by: .header("t"), defaultTier: "a",
                tiers: [.init(name: "a", algorithm: .concurrency(max: 1))]))
        var control = AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 1, shares: [1])
        let keys = try #require(control.keying(of: 0)).keys { _ in nil }
        for (number, keys) in [CallKeys.none, keys].enumerated() {
            let entry = control.enter(Demand(endpoint: 0, keys: keys, deadline: at(10)), ready: true, now: at(0))
            if case .admitted = entry { #expect(number == 0) } else { #expect(number == 1) }
        }
    }

    @Test("A call with a key of a tier that is gone meanwhile goes by the last there is")
    func keyOfAFormerTier() throws {
        func limit(_ names: [String]) -> LimitSettings {
            LimitSettings(
                name: "client", algorithm: Self.window, key: [.header("k")],
                tiers: Tiers(
                    by: .header("t"), defaultTier: names[0],
                    tiers: names.map { .init(name: $0, algorithm: .concurrency(max: 1)) }))
        }
        var control = AdmissionControl(
            shared: [limit(["a", "b", "c"])], endpoints: [[]], maxLength: 1, shares: [1])
        let keys = try #require(control.keying(of: 0)).keys { $0 == .header("k") ? "x" : "c" }
        control.reconfigure(
            shared: [limit(["a"])], endpoints: [[]], maxLength: 1, shares: [1], from: [0], now: at(0))
        for isFirst in [true, false] {
            let entry = control.enter(Demand(endpoint: 0, keys: keys, deadline: at(10)), ready: true, now: at(0))
            if case .admitted = entry { #expect(isFirst) } else { #expect(!isFirst) }
        }
    }

    @Test("Each tier has its own figures and its own use")
    func tiers() {
        let tiers = Tiers(
            by: .header("t"), defaultTier: "free",
            tiers: [
                .init(name: "free", algorithm: Self.window),
                .init(name: "paid", algorithm: .slidingWindow(requests: 3, per: .seconds(1), margin: .zero)),
            ])
        let limit = Counter(Self.window, tiers: tiers)
        #expect(limit.take("a", at(0)) != nil)
        #expect(limit.take("a", at(0)) == nil)
        for _ in 0..<3 { #expect(limit.take("a", at(0), tier: "paid") != nil) }
        #expect(limit.take("a", at(0), tier: "paid") == nil)
        #expect(limit.reset("a", tier: "free"))
        #expect(limit.take("a", at(1)) != nil)
        #expect(limit.take("a", at(1), tier: "paid") == nil)
        #expect(limit.reset("a"), "in all tiers")
        #expect(limit.take("a", at(2), tier: "paid") != nil)
        #expect(limit.take("a", at(2), tier: "free") != nil)
    }
}
