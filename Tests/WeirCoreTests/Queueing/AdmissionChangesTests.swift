import Testing
import WeirCore

@Suite("Admission, changed from outside")
struct AdmissionChangesTests {
    /// A control that an expectation may change; endpoint 0 and 1 share `ip`, 2 per second; 1 has `busy`, 1 in flight.
    final class Desk {
        private(set) var control: AdmissionControl

        init(mode: AdmissionMode = .enforce, ip: LimitSettings = AdmissionChangesTests.ip) {
            control = AdmissionControl(
                shared: [ip], endpoints: [[], [AdmissionChangesTests.busy]], maxLength: 10, shares: [10, 10], mode: mode
            )
        }

        func enter(_ endpoint: Int, _ now: Instant, maxWait: TimeSpan = .seconds(60), cost: Int = 1)
            -> AdmissionControl.Entry
        {
            let demand = Demand(endpoint: endpoint, cost: cost, deadline: now + maxWait)
            return control.enter(demand, ready: true, now: now)
        }

        func admission(_ endpoint: Int, _ now: Instant, cost: Int = 1) -> Admission? {
            if case .admitted(let granted) = enter(endpoint, now, cost: cost) { granted.admission } else { nil }
        }

        func ticket(_ endpoint: Int, _ now: Instant, maxWait: TimeSpan = .seconds(60)) -> Ticket? {
            if case .joined(let ticket, _, _) = enter(endpoint, now, maxWait: maxWait) { ticket } else { nil }
        }

        func refusal(_ endpoint: Int, _ now: Instant, maxWait: TimeSpan) -> Refusal? {
            if case .refused(let refusal, _) = enter(endpoint, now, maxWait: maxWait) { refusal } else { nil }
        }

        func verdict(_ endpoint: Int, _ now: Instant, maxWait: TimeSpan) -> ShadowVerdict? {
            let entry = enter(endpoint, now, maxWait: maxWait)
            if case .admitted(let granted) = entry { return granted.verdict }
            return nil
        }

        @discardableResult
        func change<Result>(_ body: (inout AdmissionControl) -> Result) -> Result { body(&control) }
        func next(_ now: Instant) -> Ticket? { control.next(now: now) }
        func shown(_ now: Instant) -> AdmissionSnapshot { control.snapshot(now: now) }
    }

    static let ip = LimitSettings(
        name: "ip", algorithm: .slidingWindow(requests: 2, per: .seconds(1), margin: .zero))
    static let busy = LimitSettings(name: "busy", algorithm: .concurrency(max: 1))

    // MARK: Freeze

    @Test("A frozen call waits for the thaw, and is refused as frozen where its deadline comes first")
    func freeze() throws {
        let desk = Desk()
        let waiting = desk.change { $0.freeze(.upstream, until: at(500), isBan: false, now: at(0)) }
        #expect(waiting.isNews && waiting.departures.isEmpty)
        let ticket = try #require(desk.ticket(0, at(0)))
        #expect(desk.refusal(0, at(0), maxWait: .milliseconds(499)) == Refusal(.frozen, retryAfter: .milliseconds(500)))
        #expect(desk.ticket(1, at(0), maxWait: .milliseconds(500)) != nil)
        #expect(desk.next(at(499)) == nil)
        #expect(desk.control.nextEvent == at(500))
        #expect(desk.next(at(500)) == ticket)
        #expect(desk.shown(at(400)).frozen == HoldSnapshot(left: .milliseconds(100), isBan: false))
        #expect(desk.shown(at(500)).frozen == nil)
    }

    @Test("A freeze of one endpoint leaves the others alone")
    func scope() {
        let desk = Desk()
        _ = desk.change { $0.freeze(.endpoint(1), until: at(500), isBan: false, now: at(0)) }
        #expect(desk.admission(0, at(0)) != nil)
        #expect(desk.ticket(1, at(0)) != nil)
        #expect(desk.shown(at(0)).frozen == nil)
        #expect(desk.shown(at(0)).frozenEndpoints[1]?.left == .milliseconds(500))
    }

    @Test("Those in line whose deadline comes before the thaw are refused as soon as it is known")
    func freezeOfTheLine() throws {
        let desk = Desk()
        #expect(desk.admission(0, at(0), cost: 2) != nil)
        let hasty = try #require(desk.ticket(0, at(0), maxWait: .milliseconds(1500)))
        let patient = try #require(desk.ticket(0, at(0), maxWait: .milliseconds(2000)))
        let left = desk.change { $0.freeze(.upstream, until: at(2000), isBan: true, now: at(10)) }.departures
        #expect(left.map(\.ticket) == [hasty])
        #expect(left.first?.refusal == Refusal(.frozen, retryAfter: .milliseconds(1990)))
        #expect(desk.next(at(1999)) == nil)
        #expect(desk.next(at(2000)) == patient)
    }

    @Test("The stop that ends last counts; one that adds nothing worth telling is no news")
    func longest() {
        let desk = Desk()
        func freeze(_ until: Int64, ban: Bool = false, now: Int64) -> Bool {
            desk.change { $0.freeze(.upstream, until: at(until), isBan: ban, now: at(now)) }.isNews
        }
        #expect(freeze(5000, now: 0))
        #expect(!freeze(3000, now: 1), "shorter")
        #expect(!freeze(5999, now: 2), "less than a second more")
        #expect(freeze(6999, now: 3))
        #expect(freeze(4000, ban: true, now: 4), "a ban is news, shorter or not")
        #expect(desk.shown(at(3999)).frozen == HoldSnapshot(left: .milliseconds(3000), isBan: true))
        #expect(desk.shown(at(4000)).frozen?.isBan == false)
        #expect(!freeze(10, now: 10), "over already")
        #expect(desk.change { $0.takeThaw(now: at(6998)) } == nil)
        #expect(desk.change { $0.takeThaw(now: at(6999))?.wasBan } == true)
        #expect(desk.change { $0.takeThaw(now: at(6999)) } == nil)
    }

    @Test("Who waited for a connection alone counts as limited once a stop refuses it; in shadow nobody is refused")
    func freezeOfTheUnready() {
        for mode in [AdmissionMode.enforce, .shadow] {
            let desk = Desk(mode: mode)
            let demand = Demand(endpoint: 1, deadline: at(100))
            guard case .joined = desk.change({ $0.enter(demand, ready: false, now: at(0)) }) else {
                Issue.record("nothing is ready for it")
                return
            }
            let left = desk.change { $0.freeze(.upstream, until: at(500), isBan: false, now: at(10)) }.departures
            #expect(left.count == (mode == .shadow ? 0 : 1))
            #expect(desk.change { $0.takeNewlyLimited() } == (mode == .shadow ? [] : [1]))
        }
    }

    // MARK: Delay, allowance, factor

    @Test("A delay holds each call for its length from its coming, and counts as limited")
    func delay() throws {
        let desk = Desk()
        desk.change { $0.setDelay(.endpoint(0), .milliseconds(100)) }
        let ticket = try #require(desk.ticket(0, at(0)))
        #expect(desk.admission(1, at(0)) != nil)
        #expect(desk.next(at(99)) == nil)
        #expect(desk.control.nextEvent == at(100))
        #expect(desk.next(at(100)) == ticket)
        #expect(desk.change { $0.admit(ticket, now: at(100))?.admission.waited } == .milliseconds(100))
        #expect(desk.refusal(0, at(200), maxWait: .milliseconds(99))?.reason == .rateLimited)
        desk.change { $0.setDelay(.endpoint(0), nil) }
        #expect(desk.admission(1, at(1000)) == nil, "in flight")
        #expect(desk.admission(0, at(1000)) != nil)
    }

    @Test("An allowance bounds what goes until it ends: takes lower it, a refund raises it")
    func allowance() throws {
        let desk = Desk(
            ip: LimitSettings(name: "ip", algorithm: .slidingWindow(requests: 100, per: .seconds(1), margin: .zero)))
        desk.change { $0.setAllowance(0, units: 2, until: at(3000)) }
        let first = try #require(desk.admission(0, at(0)))
        #expect(desk.admission(0, at(0)) != nil)
        #expect(desk.refusal(0, at(0), maxWait: .milliseconds(2999)) != nil)
        desk.change { $0.giveBack(first, now: at(1)) }
        #expect(desk.admission(0, at(1)) != nil)
        let ticket = try #require(desk.ticket(0, at(2)))
        #expect(desk.refusal(0, at(2), maxWait: .milliseconds(2997)) != nil, "behind the one that waits")
        #expect(desk.next(at(2999)) == nil)
        #expect(desk.next(at(3000)) == ticket)
        desk.change { $0.setAllowance(0, units: 0, until: at(9000)) }
        #expect(desk.next(at(3000)) == nil)
        desk.change { $0.setAllowance(0, units: nil, until: nil) }
        #expect(desk.next(at(3000)) == ticket)
    }

    @Test("A smaller factor admits less, and the whole comes back with it")
    func factor() {
        let desk = Desk()
        #expect(desk.shown(at(0)).limits[0].remaining == 2)
        desk.change { $0.setFactor(0, 0.5) }
        #expect(desk.admission(0, at(0)) != nil)
        #expect(desk.refusal(0, at(0), maxWait: .zero) != nil)
        #expect(desk.shown(at(0)).limits[0].factor == 0.5)
        #expect(desk.shown(at(0)).limits[0].remaining == 0)
        desk.change { $0.setFactor(0, 1) }
        #expect(desk.admission(0, at(0)) != nil)
    }

    // MARK: Places

    @Test("A place is waited for without a time, and goes to the next in line when it is free")
    func places() throws {
        let desk = Desk()
        let first = try #require(desk.admission(1, at(0)))
        let ticket = try #require(desk.ticket(1, at(0)))
        #expect(desk.next(at(10)) == nil)
        #expect(desk.control.nextEvent == at(60_000), "its deadline, and nothing before")
        desk.change { $0.release(first, now: at(20)) }
        #expect(desk.next(at(20)) == ticket)
        #expect(desk.change { $0.admit(ticket, now: at(20)) } != nil)
        desk.change { $0.release(first, now: at(30)) }
        #expect(desk.shown(at(30)).limits[1].used == 1, "released once, however often it is said")
    }

    @Test("What is given back is as if it had never been, places included, and releases nothing afterwards")
    func giveBack() throws {
        let desk = Desk()
        let admission = try #require(desk.admission(1, at(0)))
        desk.change { $0.giveBack(admission, now: at(0)) }
        #expect(desk.shown(at(0)).limits.map(\.used) == [0, 0])
        #expect(desk.admission(1, at(1)) != nil)
        desk.change { $0.release(admission, now: at(2)) }
        #expect(desk.shown(at(2)).limits.map(\.used) == [1, 1])
    }

    @Test("A call that costs more than can ever fit is refused, and blocks nobody")
    func tooDear() {
        let desk = Desk()
        #expect(desk.control.largestCost(of: 0) == 2)
        guard case .refused(let refusal, _) = desk.enter(0, at(0), cost: 3) else {
            Issue.record("it waits for ever")
            return
        }
        #expect(refusal == Refusal(.rateLimited, limit: "ip"))
        #expect(desk.admission(0, at(0)) != nil)
    }

    @Test("The reserve is for critical calls alone")
    func reserve() {
        var limit = Self.ip
        limit.algorithm = .slidingWindow(requests: 4, per: .seconds(1), margin: .zero)
        limit.reserve = 0.5
        let desk = Desk(ip: limit)
        #expect(desk.control.largestCost(of: 0) == 2)
        #expect(desk.control.largestCost(of: 0, priority: .critical) == 4)
        #expect(desk.admission(0, at(0), cost: 2) != nil)
        #expect(desk.admission(0, at(0)) == nil)
        let critical = Demand(endpoint: 0, cost: 2, priority: .critical, deadline: at(0))
        guard case .admitted = desk.change({ $0.enter(critical, ready: true, now: at(0)) }) else {
            Issue.record("the reserve is not there")
            return
        }
    }

    // MARK: Shadow

    @Test("In shadow nothing waits or is refused, what would have been is told, and units are taken all the same")
    func shadow() {
        let desk = Desk(mode: .shadow)
        #expect(desk.verdict(0, at(0), maxWait: .zero) == nil)
        #expect(desk.verdict(0, at(0), maxWait: .zero) == nil)
        #expect(desk.verdict(0, at(0), maxWait: .seconds(1)) == .wait)
        #expect(desk.verdict(0, at(0), maxWait: .milliseconds(999)) == .refuse(.rateLimited))
        #expect(desk.shown(at(0)).limits[0].used == 4)
        #expect(desk.shown(at(0)).limits[0].remaining == 0)
        _ = desk.change { $0.freeze(.upstream, until: at(5000), isBan: false, now: at(1000)) }
        #expect(desk.verdict(0, at(1000), maxWait: .seconds(4)) == .wait)
        #expect(desk.verdict(0, at(1000), maxWait: .seconds(3)) == .refuse(.frozen))
        #expect(desk.change { $0.frozenRefusal(Demand(endpoint: 0, deadline: at(1000)), now: at(1000)) } == nil)
        #expect(desk.shown(at(1000)).length == 0)
    }

    // MARK: Names

    @Test("A limit is found by its name among the shared ones or among an endpoint's own, and nowhere else")
    func names() {
        let control = Desk().control
        #expect(control.limit(named: "ip", endpoint: nil) == 0)
        #expect(control.limit(named: "busy", endpoint: 1) == 1)
        #expect(control.limit(named: "busy", endpoint: nil) == nil)
        #expect(control.limit(named: "busy", endpoint: 0) == nil)
        #expect(control.limit(named: "ip", endpoint: 1) == nil)
        #expect(control.limit(named: "busy", endpoint: -1) == nil)
        #expect(control.limit(named: "busy", endpoint: 2) == nil)
        let first = AdmissionControl(shared: [], endpoints: [[Self.busy]], maxLength: 1, shares: [1])
        #expect(first.limit(named: "busy", endpoint: 0) == 0)
    }

    @Test("What is said of a limit that is not there changes nothing")
    func noSuchLimit() {
        let desk = Desk()
        desk.change { $0.setFactor(2, 0.5) }
        desk.change { $0.setAllowance(2, units: 0, until: at(1000)) }
        #expect(!desk.change { $0.reset(2, key: nil, tier: nil) })
        #expect(!desk.change { $0.reset(0, key: ["a"], tier: nil) }, "it has no keys")
        #expect(!desk.change { $0.reset(0, key: nil, tier: "gold") }, "it has no tiers")
        #expect(desk.admission(1, at(0)) != nil)
        #expect(desk.shown(at(0)).limits.map(\.used) == [1, 1])
    }

    // MARK: Reconfiguration

    @Test("Changed figures apply to what is spent, in line and in flight; what is new begins anew")
    func reconfigure() throws {
        let desk = Desk()
        let flight = try #require(desk.admission(1, at(0)))
        #expect(desk.admission(0, at(0)) != nil)
        let first = try #require(desk.ticket(1, at(1)))
        let second = try #require(desk.ticket(0, at(2)))
        var ip = Self.ip
        ip.algorithm = .slidingWindow(requests: 3, per: .seconds(1), margin: .zero)
        desk.change { [ip] in
            $0.reconfigure(
                shared: [ip], endpoints: [[Self.busy], [], []], maxLength: 10, shares: [10, 10, 10], from: [1, nil, 0],
                now: at(10))
        }
        #expect(desk.shown(at(10)).limits.map(\.used) == [2, 1])
        #expect(desk.control.waiter(first)?.endpoint == 0)
        #expect(desk.control.waiter(second)?.endpoint == 2)
        #expect(desk.next(at(10)) == second, "the third unit; the first in line waits for a place only")
        desk.change { $0.release(flight, now: at(20)) }
        #expect(desk.next(at(20)) == first)
        #expect(desk.change { $0.admit(first, now: at(20)) } != nil)
        desk.change { $0.giveBack(flight, now: at(21)) }
        #expect(desk.shown(at(21)).limits.map(\.used) == [3, 1])
    }

    @Test("A limit of another kind or name is another limit; calls to an endpoint that is gone stand with the last one")
    func renewed() throws {
        let desk = Desk()
        let flight = try #require(desk.admission(1, at(0)))
        let waiting = try #require(desk.ticket(1, at(0)))
        let bucket = LimitSettings(
            name: "ip", algorithm: .tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 1))
        desk.change {
            $0.reconfigure(shared: [bucket], endpoints: [[]], maxLength: 10, shares: [10], from: [0], now: at(10))
        }
        #expect(desk.shown(at(10)).limits.map(\.used) == [0])
        #expect(desk.control.waiter(waiting)?.endpoint == 0)
        #expect(desk.next(at(10)) == waiting)
        desk.change { $0.release(flight, now: at(10)) }
        #expect(desk.change { $0.admit(waiting, now: at(10)) } != nil)
        #expect(desk.shown(at(10)).limits.map(\.used) == [1])
    }

    @Test("What was admitted under another configuration gives back its place alone: what is spent stays spent")
    func giveBackAfterReconfiguration() throws {
        let desk = Desk()
        let flight = try #require(desk.admission(1, at(0)))
        desk.change {
            $0.reconfigure(
                shared: [Self.ip], endpoints: [[Self.busy], []], maxLength: 10, shares: [10, 10], from: [1, 0],
                now: at(1))
        }
        #expect(desk.shown(at(1)).limits.map(\.used) == [1, 1])
        desk.change { $0.giveBack(flight, now: at(2)) }
        #expect(desk.shown(at(2)).limits.map(\.used) == [1, 0])
    }

    @Test("An endpoint that is said to have stood where none did is a new one", arguments: [2, 3])
    func strayPlace(origin: Int) {
        let desk = Desk()
        #expect(desk.admission(1, at(0)) != nil)
        desk.change {
            $0.reconfigure(
                shared: [Self.ip], endpoints: [[], [Self.busy]], maxLength: 10, shares: [10, 10], from: [0, origin],
                now: at(1))
        }
        #expect(desk.shown(at(1)).limits.map(\.used) == [1, 0])
    }

    @Test("Calls in line that cost more than their limits are to admit from now on are told, unless in shadow")
    func hopeless() throws {
        let desk = Desk()
        #expect(desk.admission(0, at(0), cost: 2) != nil)
        guard case .joined(let dear, _, _) = desk.enter(0, at(0), cost: 2) else {
            Issue.record("it fits in a second")
            return
        }
        #expect(desk.ticket(0, at(0)) != nil)
        #expect(desk.control.hopeless.isEmpty, "it costs all that there is, and no more")
        var ip = Self.ip
        ip.algorithm = .slidingWindow(requests: 1, per: .seconds(1), margin: .zero)
        func reconfigure(_ mode: AdmissionMode?, shared: [LimitSettings]) {
            desk.change {
                _ = $0.reconfigure(
                    shared: shared, endpoints: [[], [Self.busy]], maxLength: 10, shares: [10, 10], mode: mode,
                    from: [0, 1], now: at(1))
            }
        }
        reconfigure(nil, shared: [ip])
        #expect(desk.control.hopeless == [dear])
        reconfigure(.shadow, shared: [ip])
        #expect(desk.control.hopeless.isEmpty)
        #expect(desk.verdict(0, at(1), maxWait: .zero) == .refuse(.rateLimited), "it only watches from then on")
        reconfigure(.enforce, shared: [])
        #expect(desk.control.hopeless.isEmpty, "nothing counts the cost")
    }

    @Test("What is shown: how long the call waits that joined first, and when a unit is free")
    func shown() {
        let desk = Desk()
        #expect(desk.shown(at(0)).oldestWait == .zero)
        #expect(desk.admission(0, at(0), cost: 2) != nil)
        #expect(desk.ticket(0, at(100)) != nil)
        #expect(desk.ticket(0, at(200)) != nil)
        #expect(desk.shown(at(350)).oldestWait == .milliseconds(250))
        #expect(desk.shown(at(350)).limits[0].untilNextFree == .milliseconds(650))
        #expect(desk.shown(at(50)).oldestWait == .zero, "time has gone back")
    }

    @Test("Keys in use and calls in line for a key go on across a reconfiguration")
    func keys() throws {
        var limit = LimitSettings(
            name: "client", algorithm: .slidingWindow(requests: 1, per: .seconds(1), margin: .zero),
            key: [.header("k")])
        var control = AdmissionControl(shared: [], endpoints: [[limit]], maxLength: 10, shares: [10])
        let keying = try #require(control.keying(of: 0))
        func demand(_ key: String) throws -> Demand {
            Demand(endpoint: 0, keys: try keying.keys { _ in key }, deadline: at(5000))
        }
        guard case .admitted = control.enter(try demand("a"), ready: true, now: at(0)),
            case .joined(let ticket, _, _) = control.enter(try demand("a"), ready: true, now: at(0))
        else {
            Issue.record("the key has one unit")
            return
        }
        limit.algorithm = .slidingWindow(requests: 2, per: .seconds(1), margin: .zero)
        limit.maxKeys = 5
        control.reconfigure(
            shared: [Self.ip], endpoints: [[limit]], maxLength: 10, shares: [10], from: [0], now: at(10))
        #expect(control.next(now: at(10)) == ticket)
        #expect(control.admit(ticket, now: at(10)) != nil)
        guard case .joined = control.enter(try demand("a"), ready: true, now: at(20)) else {
            Issue.record("both units of the key are spent")
            return
        }
    }
}
