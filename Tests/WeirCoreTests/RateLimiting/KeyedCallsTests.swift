import Testing
import WeirCore

@Suite("Calls under keyed limits")
struct KeyedCallsTests {
    private static func control(_ limit: LimitSettings) -> AdmissionControl {
        AdmissionControl(shared: [limit], endpoints: [[]], maxLength: 10, shares: [10])
    }

    @Test("One that brings no keys at all is counted with its like, unless the limit skips those without")
    func noKeys() {
        for missing in [LimitSettings.KeyMissing.shared, .reject, .skip] {
            var control = Self.control(
                LimitSettings(
                    name: "client", algorithm: KeyedLimitTests.window, key: [.header("k")], keyMissing: missing))
            for round in 0..<2 {
                let entry = control.enter(Demand(endpoint: 0, deadline: at(0)), ready: true, now: at(0))
                let isAdmitted = if case .admitted = entry { true } else { false }
                #expect(isAdmitted == (round == 0 || missing == .skip))
            }
        }
    }

    @Test("In a tier that counts attempts, a dear one takes as much in line as it will of the limit")
    func tierOfAttempts() throws {
        let attempts = LimitSettings.Algorithm.spacing(every: .seconds(1), margin: .zero)
        var control = Self.control(
            LimitSettings(
                name: "client", algorithm: .slidingWindow(requests: 9, per: .seconds(1), margin: .zero),
                tiers: Tiers(by: .header("t"), defaultTier: "paced", tiers: [.init(name: "paced", algorithm: attempts)])
            ))
        let keys = try #require(control.keying(of: 0)).keys { _ in "paced" }
        func enter(until deadline: Instant) -> AdmissionControl.Entry {
            control.enter(Demand(endpoint: 0, cost: 3, keys: keys, deadline: deadline), ready: true, now: at(0))
        }
        _ = enter(until: at(0))
        for turn in [1000, 2000, 3000] as [Int64] {
            guard case .refused(let refusal, _) = enter(until: at(turn - 1)), case .joined = enter(until: at(turn))
            else {
                Issue.record("its turn is not at \(turn) ms")
                return
            }
            #expect(refusal.retryAfter == .milliseconds(turn))
        }
    }

    @Test("A reset of a tier that there is not resets nothing")
    func unknownTier() throws {
        let free = Tiers.Tier(name: "free", algorithm: KeyedLimitTests.window)
        var control = Self.control(
            LimitSettings(
                name: "client", algorithm: KeyedLimitTests.window, key: [.header("k")],
                tiers: Tiers(by: .header("t"), defaultTier: "free", tiers: [free])))
        let keys = try #require(control.keying(of: 0)).keys { $0 == .header("k") ? "a" : nil }
        func isAdmitted() -> Bool {
            let entry = control.enter(Demand(endpoint: 0, keys: keys, deadline: at(0)), ready: true, now: at(0))
            return if case .admitted = entry { true } else { false }
        }
        func reset(_ tier: String) -> Bool { control.reset(0, key: ["a"], tier: tier) }
        #expect(isAdmitted())
        #expect(!reset("gold"))
        #expect(!isAdmitted())
        #expect(reset("free"))
        #expect(isAdmitted())
    }
}
