import Testing
import WeirCore

@Suite("What is kept of the limits' use")
struct KeepingTests {
    /// A control that an expectation may change: four shared limits, and one keyed with two tiers for endpoint 0 alone.
    final class Desk {
        static let shared = [
            LimitSettings(name: "ip", algorithm: .slidingWindow(requests: 10, per: .seconds(1), margin: .zero)),
            LimitSettings(name: "rate", algorithm: .tokenBucket(rate: tenPerSecond, burst: 10)),
            LimitSettings(name: "pace", algorithm: .spacing(every: .milliseconds(1), margin: .zero)),
            LimitSettings(name: "busy", algorithm: .concurrency(max: 5)),
        ]
        static let tenPerSecond = Rate(permits: 10, per: .seconds(1))
        static let client = LimitSettings(
            name: "client", algorithm: .tokenBucket(rate: tenPerSecond, burst: 5), key: [.header("k")], maxKeys: 10,
            tiers: Tiers(
                by: .header("t"), defaultTier: "free",
                tiers: [
                    Tiers.Tier(name: "free", algorithm: .tokenBucket(rate: tenPerSecond, burst: 5)),
                    Tiers.Tier(name: "gold", algorithm: .tokenBucket(rate: tenPerSecond, burst: 8)),
                ]))

        private var control = AdmissionControl(
            shared: shared, endpoints: [[client], []], maxLength: 10, shares: [10, 10])

        func admission(
            to endpoint: Int = 0, key: String? = "a", tier: String? = nil, cost: Int = 1, _ now: Instant
        ) throws -> Admission {
            let keys = try control.keying(of: endpoint)?.keys { $0 == .header("k") ? key : tier }
            let demand = Demand(endpoint: endpoint, cost: cost, keys: keys ?? .none, deadline: now)
            guard case .admitted(let granted) = control.enter(demand, ready: true, now: now) else {
                throw Refusal(.rateLimited)
            }
            return granted.admission
        }

        func charges(_ admission: Admission, _ now: Instant) -> [Charge] {
            var charges: [Charge] = []
            control.forEachCharge(of: admission, now: now) { charges.append($0) }
            return charges
        }

        func remarked(_ charge: Charge, _ now: Instant) -> Charge { control.remarked(charge, now: now) }
        func slots(key: String, tier: String? = nil, limit: Int = 4) -> [Int] {
            control.slots(limit, key: [key], tier: tier)
        }
        func change<Result>(_ body: (inout AdmissionControl) -> Result) -> Result { body(&control) }
        func used(_ now: Instant) -> [Int?] { control.snapshot(now: now).limits.map(\.used) }
    }

    @Test("An admission tells what it took of each limit, and a place in flight is none of that")
    func charges() throws {
        let desk = Desk()
        let charges = desk.charges(try desk.admission(cost: 2, at(5)), at(5))
        #expect(charges.map(\.limit) == [0, 1, 2, 4])
        #expect(charges.map(\.slot) == [0, 0, 0, 0])
        #expect(charges.map(\.units) == [2, 2, 1, 2])
        #expect(charges.map(\.mark) == [nil, at(205), at(5), at(205)])
        #expect(charges.map { $0.key == nil } == [true, true, true, false])
        let second = desk.charges(try desk.admission(key: "b", at(6)), at(6))
        #expect(second.map(\.slot) == [0, 0, 0, 1], "each key has a slot of its own")
        #expect(desk.charges(try desk.admission(to: 1, at(7)), at(7)).map(\.limit) == [0, 1, 2])
    }

    @Test("What was forgotten, has ended or is of another configuration is told no more")
    func forgotten() throws {
        let desk = Desk()
        let early = try desk.admission(at(0))
        #expect(desk.change { $0.reset(0, key: nil, tier: nil) })
        #expect(desk.change { $0.reset(4, key: ["a"], tier: nil) })
        #expect(desk.charges(early, at(0)).map(\.limit) == [1, 2])
        let late = try desk.admission(at(1))
        #expect(desk.charges(late, at(1)).map(\.limit) == [0, 1, 2, 4])
        #expect(desk.charges(early, at(1)).map(\.limit) == [1, 2], "the key's next life is not its own")
        desk.change { $0.release(late, now: at(2)) }
        #expect(desk.charges(late, at(2)).isEmpty)
        _ = try desk.admission(to: 1, at(3))
        #expect(desk.charges(late, at(3)).isEmpty, "another call has its entry among those in flight")
        let old = try desk.admission(to: 1, at(4))
        desk.change {
            _ = $0.reconfigure(
                shared: Desk.shared, endpoints: [[Desk.client], []], maxLength: 10, shares: [10, 10], from: [0, 1],
                now: at(5))
        }
        #expect(desk.charges(old, at(5)).isEmpty)
    }

    @Test("An admission that holds no places tells what it took as well")
    func withoutPlaces() {
        var control = AdmissionControl(shared: [Desk.shared[0]], endpoints: [[]], maxLength: 10, shares: [10])
        guard case .admitted(let granted) = control.enter(Demand(endpoint: 0, deadline: at(0)), ready: true, now: at(0))
        else {
            Issue.record("refused")
            return
        }
        var limits: [Int] = []
        control.forEachCharge(of: granted.admission, now: at(0)) { limits.append($0.limit) }
        #expect(limits == [0])
    }

    @Test("The mark of a charge follows its limit, and that of a key only while the key is held")
    func marks() throws {
        let desk = Desk()
        let charges = desk.charges(try desk.admission(at(0)), at(0))
        let other = desk.charges(try desk.admission(key: "b", at(1)), at(1))
        _ = try desk.admission(at(2))
        #expect(charges.map { desk.remarked($0, at(2)).mark } == [nil, at(300), at(2), at(200)])
        #expect(charges.map { desk.remarked($0, at(2)).units } == [1, 1, 1, 1])
        #expect(charges.map { desk.remarked($0, at(2)).slot } == [0, 0, 0, 0])
        #expect(desk.change { $0.reset(4, key: ["a"], tier: nil) })
        #expect(desk.remarked(charges[3], at(2)).mark == nil, "the key is gone")
        // Another key takes its slot; who comes back later stands elsewhere.
        _ = try desk.admission(key: "c", at(3))
        #expect(desk.slots(key: "c") == [0])
        _ = try desk.admission(at(4))
        #expect(desk.slots(key: "a") == [2])
        #expect(desk.remarked(charges[3], at(4)).mark == nil, "what is counted there is another life's")
        #expect(desk.remarked(other[3], at(4)).mark == at(101))
    }

    @Test("Keys are found where they are counted, in one tier or in all")
    func slots() throws {
        let desk = Desk()
        #expect(desk.slots(key: "a").isEmpty)
        #expect(desk.change { $0.slotCount(4) } == 0)
        let charges = desk.charges(try desk.admission(at(0)), at(0))
        _ = try desk.admission(tier: "gold", at(1))
        let key = try #require(charges.last?.key)
        #expect(desk.change { $0.slot(of: key, limit: 4) } == 0)
        #expect(desk.change { $0.slot(of: key, limit: 0) } == nil)
        #expect(desk.change { $0.slot(of: key, limit: 5) } == nil)
        #expect(desk.slots(key: "a") == [0, 1])
        #expect(desk.slots(key: "a", tier: "gold") == [1])
        #expect(desk.slots(key: "b").isEmpty)
        #expect(desk.slots(key: "a", limit: 0).isEmpty && desk.slots(key: "a", limit: 5).isEmpty)
        #expect(desk.change { $0.slotCount(4) } == 2)
        #expect(desk.change { $0.slotCount(0) } == 1)
        #expect(desk.change { $0.reset(4, key: ["a"], tier: nil) })
        #expect(desk.change { $0.slotCount(4) } == 0, "with the last key everything is forgotten")
    }

    @Test("The slots of keys that go with their tier are given to others")
    func slotsOfTiers() throws {
        let desk = Desk()
        _ = try desk.admission(at(0))
        _ = try desk.admission(tier: "gold", at(1))
        var client = Desk.client
        client.tiers?.tiers.removeFirst()
        client.tiers?.defaultTier = "gold"
        desk.change { [client] in
            _ = $0.reconfigure(
                shared: Desk.shared, endpoints: [[client], []], maxLength: 10, shares: [10, 10], from: [0, 1],
                now: at(2))
        }
        _ = try desk.admission(key: "b", at(3))
        #expect(desk.slots(key: "b") == [0])
        #expect(desk.change { $0.slotCount(4) } == 2)
    }

    @Test("What was kept is taken up again: of the limits, and of the keys they hold")
    func restore() throws {
        let desk = Desk()
        let key = try #require(desk.charges(try desk.admission(at(0)), at(0)).last?.key)
        let fresh = Desk()
        let units = LimitTrace.Units(count: 4, moment: at(0))
        let debt = LimitTrace.debt(until: at(200), rate: Desk.tenPerSecond)
        fresh.change {
            $0.restore(
                [
                    KeptLimit(limit: 0, spentAt: nil, keys: [KeptKey(key: nil, trace: .units([units]))]),
                    KeptLimit(limit: 1, spentAt: at(0), keys: []),
                    KeptLimit(limit: 2, spentAt: nil, keys: [KeptKey(key: nil, trace: .last(at(0)))]),
                    KeptLimit(limit: 3, spentAt: at(0), keys: []),
                    KeptLimit(limit: 4, spentAt: nil, keys: [KeptKey(key: key, trace: debt)]),
                    KeptLimit(limit: 5, spentAt: at(0), keys: []),
                ], now: at(0))
        }
        #expect(fresh.used(at(0)) == [4, 10, 1, 0, nil])
        #expect(fresh.slots(key: "a") == [0])
        let charges = fresh.charges(try fresh.admission(at(100)), at(100))
        #expect(charges.last?.mark == at(300), "half of the debt had grown back")
    }

    @Test("A limit that counts as spent is so for known keys and for new ones, until it would be full again")
    func spent() throws {
        let desk = Desk()
        desk.change { $0.restore([KeptLimit(limit: 4, spentAt: at(0), keys: [])], now: at(0)) }
        #expect(throws: Refusal.self) { try desk.admission(at(0)) }
        #expect(throws: Refusal.self) { try desk.admission(key: "new", at(99)) }
        #expect(throws: Refusal.self) { try desk.admission(tier: "gold", cost: 2, at(199)) }
        // Other figures change nothing about it.
        desk.change {
            _ = $0.reconfigure(
                shared: Desk.shared, endpoints: [[Desk.client], []], maxLength: 10, shares: [10, 10], from: [0, 1],
                now: at(99))
        }
        _ = try desk.admission(at(100))
        #expect(throws: Refusal.self) { try desk.admission(key: "new", cost: 5, at(499)) }
        _ = try desk.admission(tier: "gold", cost: 8, at(800))
    }

    @Test("Other figures count anew what was spent before a key was known")
    func spentUnderOtherFigures() throws {
        let desk = Desk()
        desk.change { $0.restore([KeptLimit(limit: 4, spentAt: at(0), keys: [])], now: at(0)) }
        var client = Desk.client
        client.tiers?.tiers[0].algorithm = .tokenBucket(rate: Desk.tenPerSecond, burst: 20)
        client.tiers?.tiers.removeLast()
        desk.change { [client] in
            _ = $0.reconfigure(
                shared: [], endpoints: [[client], []], maxLength: 10, shares: [10, 10], from: [0, 1], now: at(1))
        }
        #expect(throws: Refusal.self) { try desk.admission(cost: 20, at(1999)) }
        _ = try desk.admission(cost: 20, at(2000))
    }
}
