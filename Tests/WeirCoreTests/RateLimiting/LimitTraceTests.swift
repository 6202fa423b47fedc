import Testing
import WeirCore

@Suite("The trace of a limit")
struct LimitTraceTests {
    /// A state made of a trace, and what it shows at the moment of its making.
    private func used(
        _ algorithm: LimitSettings.Algorithm, _ trace: LimitTrace?, spentAt: Instant? = nil, at now: Instant,
        seen later: Instant? = nil
    ) -> Int {
        let rules = LimitRules(algorithm)
        var state = rules.restored(trace, spentAt: spentAt, now: now)
        return rules.used(&state, now: later ?? now)
    }

    private let window = LimitSettings.Algorithm.slidingWindow(requests: 10, per: .seconds(1), margin: .zero)
    private let bucket = LimitSettings.Algorithm.tokenBucket(rate: Rate(permits: 10, per: .seconds(1)), burst: 10)
    private let pace = LimitSettings.Algorithm.spacing(every: .seconds(1), margin: .zero)

    private func units(_ counts: (Int, Int64)...) -> LimitTrace {
        .units(counts.map { LimitTrace.Units(count: $0.0, moment: at($0.1)) })
    }

    @Test("Each unit of a window counts from its moment on, in whatever order they are told")
    func moments() {
        let trace = units((3, 500), (0, 700), (2, 100))
        #expect(used(window, trace, at: at(600)) == 5)
        #expect(used(window, trace, at: at(600), seen: at(1100)) == 3)
        #expect(used(window, trace, at: at(600), seen: at(1499)) == 3)
        #expect(used(window, trace, at: at(600), seen: at(1500)) == 0)
        #expect(used(window, nil, at: at(600)) == 0)
    }

    @Test("What lies ahead counts as taken now, and no moment makes it count for longer")
    func ahead() {
        #expect(used(window, units((3, 9000)), at: at(0), seen: at(999)) == 3)
        #expect(used(window, units((3, 9000)), at: at(0), seen: at(1000)) == 0)
        #expect(used(pace, .last(at(9000)), at: at(0), seen: at(1000)) == 0)
        #expect(used(window, nil, spentAt: at(9000), at: at(0), seen: at(1000)) == 0)
        #expect(used(bucket, nil, spentAt: at(9000), at: at(0), seen: at(1000)) == 0)
    }

    @Test("What counts as spent is spent beside what is told")
    func spent() {
        #expect(used(window, units((3, 500)), spentAt: at(200), at: at(600)) == 13)
        #expect(used(window, units((3, 500)), spentAt: at(200), at: at(600), seen: at(1200)) == 3)
        #expect(used(bucket, nil, spentAt: at(0), at: at(300)) == 7)
        #expect(used(pace, nil, spentAt: at(0), at: at(999)) == 1)
        #expect(used(pace, .last(at(300)), spentAt: at(0), at: at(500), seen: at(1299)) == 1)
        #expect(used(pace, .last(at(0)), spentAt: at(300), at: at(500), seen: at(1299)) == 1)
        #expect(used(.concurrency(max: 3), nil, spentAt: at(0), at: at(0)) == 0)
    }

    @Test("Of a debt and a bucket that counts as spent, what lasts longer counts")
    func debts() {
        func debt(_ until: Int64) -> LimitTrace { .debt(until: at(until), rate: Rate(permits: 10, per: .seconds(1))) }
        #expect(used(bucket, debt(500), at: at(0)) == 5)
        #expect(used(bucket, debt(500), at: at(500)) == 0)
        #expect(used(bucket, debt(150), at: at(0)) == 2, "one and a half")
        #expect(used(bucket, debt(150), at: at(0), seen: at(149)) == 1)
        #expect(used(bucket, debt(150), at: at(0), seen: at(150)) == 0)
        #expect(used(bucket, debt(500), spentAt: at(0), at: at(0)) == 10)
        #expect(used(bucket, debt(1500), spentAt: at(0), at: at(0)) == 15)
        #expect(used(bucket, units((3, 0)), at: at(0)) == 0, "the trace of another kind tells nothing")
        #expect(used(window, debt(500), at: at(0)) == 0)
        #expect(used(pace, debt(500), at: at(0)) == 0)
    }

    @Test("What is kept is told by the kind of limit")
    func memory() {
        #expect(LimitRules(window).memory == .units(.seconds(1)))
        #expect(
            LimitRules(.calendarWindow(requests: 1, per: .seconds(1), margin: .milliseconds(20))).memory
                == .units(.milliseconds(1040)))
        #expect(LimitRules(bucket).memory == .debt(Rate(permits: 10, per: .seconds(1))))
        #expect(LimitRules(pace).memory == .last)
        #expect(LimitRules(.concurrency(max: 1)).memory == .nothing)
    }

    @Test("A limit is the same one by its upstream, endpoint, name, kind and key, whatever its figures")
    func identity() {
        let limit = LimitSettings(name: "n", algorithm: window, key: [.header("K")])
        func identity(
            _ endpoint: String? = nil, upstream: String = "u", _ change: (inout LimitSettings) -> Void = { _ in }
        ) -> LimitIdentity {
            var limit = limit
            change(&limit)
            return LimitIdentity(upstream: upstream, endpoint: endpoint, limit)
        }
        #expect(identity { $0.algorithm = .slidingWindow(requests: 1, per: .seconds(9)) } == identity())
        #expect(identity { $0.key = [.header("k")] } == identity())
        let others = [
            identity("e"), identity(""), identity(upstream: "v"), identity { $0.name = "m" },
            identity { $0.algorithm = .concurrency(max: 1) }, identity { $0.key = [] },
            identity { $0.key = [.query("k")] },
            identity { $0.tiers = Tiers(by: .header("t"), defaultTier: "a", tiers: []) },
            LimitIdentity(upstream: "u", endpoint: nil), LimitIdentity(upstream: "u", endpoint: ""), identity(),
        ]
        #expect(Set(others).count == others.count)
        #expect(LimitIdentity.tier(nil) == 0)
        #expect(Set(["a", "b", ""].map(LimitIdentity.tier)).count == 3)
    }

    @Test("Each tier is kept by its name; a limit without tiers has one that has none")
    func memories() {
        var limit = LimitSettings(name: "n", algorithm: window)
        #expect(limit.memories.map(\.tier) == [nil])
        limit.tiers = Tiers(
            by: .header("t"), defaultTier: "a",
            tiers: [Tiers.Tier(name: "a", algorithm: bucket), Tiers.Tier(name: "b", algorithm: pace)])
        #expect(limit.memories.map(\.tier) == ["a", "b"])
        #expect(limit.memories.map(\.memory) == [.debt(Rate(permits: 10, per: .seconds(1))), .last])
        #expect(limit.algorithm.followsWallClock == false)
        #expect(LimitSettings.Algorithm.calendarWindow(requests: 1, per: .seconds(1)).followsWallClock)
    }
}
