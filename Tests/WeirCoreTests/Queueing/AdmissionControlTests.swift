import Testing
import WeirCore

@Suite("Admission")
struct AdmissionControlTests {
    /// Endpoint 0 has no limit of its own; endpoint 1 has `orders`, 1 per 10 s. Both share `ip`, 2 per second.
    static func control(maxLength: Int = 100, shares: [Int] = [100, 100], onLimit: LimitSettings.OnLimit = .wait)
        -> Desk
    {
        Desk(
            shared: [window("ip", 2, .seconds(1), onLimit)], endpoints: [[], [window("orders", 1, .seconds(10))]],
            maxLength: maxLength, shares: shares)
    }

    static func window(
        _ name: String, _ requests: Int, _ per: TimeSpan, _ onLimit: LimitSettings.OnLimit = .wait
    ) -> LimitSettings {
        LimitSettings(
            name: name, algorithm: .slidingWindow(requests: requests, per: per, margin: .zero), onLimit: onLimit)
    }

    @Test("Takes from every limit or from none")
    func allOrNothing() throws {
        let control = Self.control()
        #expect(control.admits(1, at(0)))
        _ = try #require(control.joins(1, at(0)), "orders is used up")
        #expect(control.snapshot(now: at(0)).limits.map(\.used) == [1, 1], "the waiting call took nothing of ip")
        #expect(control.admits(0, at(0)))
        #expect(control.snapshot(now: at(0)).limits.map(\.used) == [2, 1])
    }

    @Test("A call waits only behind those that wait for a limit which it needs too")
    func independentLimits() throws {
        let control = Self.control()
        #expect(control.admits(1, at(0)))
        _ = try #require(control.joins(1, at(0)))
        #expect(control.admits(0, at(0)), "a cancel does not stand behind an order that waits for the order limit")
    }

    @Test("Within a class, first come first served; a higher class goes first")
    func order() throws {
        let control = Self.control()
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        let first = try #require(control.joins(0, at(1)))
        let second = try #require(control.joins(0, at(2)))
        let urgent = try #require(control.joins(0, at(3), priority: .critical))
        #expect(control.next(now: at(999)) == nil)
        #expect(control.nextEvent == at(1000))
        var served: [Ticket] = []
        for moment in [1000, 2000] as [Int64] {
            while let ticket = control.next(now: at(moment)) {
                #expect(control.admit(ticket, now: at(moment)) != nil)
                served.append(ticket)
            }
        }
        #expect(served == [urgent, first, second])
    }

    @Test("A newcomer does not overtake those in line for the same limit, even when it has room")
    func noOvertaking() throws {
        let control = Self.control()
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        let waiting = try #require(control.joins(0, at(500)))
        _ = try #require(control.joins(0, at(1000)), "the window is free, but somebody is before it")
        #expect(control.next(now: at(1000)) == waiting)
    }

    @Test("A dear call at the head is not overtaken by cheap ones")
    func dearCall() throws {
        let control = Self.control()
        #expect(control.admits(0, at(0)))
        let dear = try #require(control.joins(0, at(10), cost: 2))
        _ = try #require(control.joins(0, at(20), cost: 1), "one unit is free, but the dear call waits for two")
        #expect(control.next(now: at(999)) == nil)
        #expect(control.next(now: at(1000)) == dear)
    }

    @Test("Refuses at once what could not be admitted before its deadline, counting those ahead")
    func projection() throws {
        let control = Self.control()
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        _ = try #require(control.joins(0, at(0), maxWait: .seconds(1)))
        _ = try #require(control.joins(0, at(0), maxWait: .seconds(1)))
        let refusal = try #require(control.refuses(0, at(0), maxWait: .milliseconds(1999)))
        #expect(refusal.reason == .rateLimited)
        #expect(refusal.limit == "ip")
        #expect(refusal.retryAfter == .seconds(2))
        _ = try #require(control.joins(0, at(0), maxWait: .seconds(2)))
    }

    @Test("Calls that wait for another limit do not lengthen the projection")
    func projectionIgnoresOthers() throws {
        let control = Self.control()
        #expect(control.admits(1, at(0)))
        for _ in 0..<20 { _ = try #require(control.joins(1, at(0), maxWait: .seconds(1000))) }
        #expect(control.admits(0, at(0)))
        _ = try #require(control.joins(0, at(0), maxWait: .seconds(1)), "the twenty wait for orders, not for ip")
    }

    @Test("on_limit: reject refuses at once and says when to come again")
    func reject() throws {
        let control = Self.control(onLimit: .reject)
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        let refusal = try #require(control.refuses(0, at(400)))
        #expect(refusal.limit == "ip")
        #expect(refusal.retryAfter == .milliseconds(600))
    }

    @Test("A full line refuses; for a higher class it drops its newest call of a lower one")
    func fullLine() throws {
        let control = Self.control(maxLength: 2)
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        _ = try #require(control.joins(0, at(1)))
        let newest = try #require(control.joins(0, at(2)))
        #expect(control.refuses(0, at(3))?.reason == .queueFull)
        guard case .joined(_, _, let dropped) = control.enter(.to(0, at(4), priority: .high), ready: true, now: at(4))
        else {
            Issue.record("a higher class was refused")
            return
        }
        #expect(dropped?.ticket == newest)
        #expect(dropped?.refusal.reason == .queueFull)
        #expect(control.length == 2)
    }

    @Test("An endpoint's share caps its part of the line")
    func share() throws {
        let control = Self.control(shares: [1, 100])
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        _ = try #require(control.joins(0, at(0)))
        #expect(control.refuses(0, at(0))?.reason == .queueFull)
        _ = try #require(control.joins(1, at(0)))
    }

    @Test("A deadline takes a call out of line, wherever it stands")
    func deadline() throws {
        let control = Self.control()
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        let patient = try #require(control.joins(0, at(0), maxWait: .seconds(5)))
        let hasty = try #require(control.joins(0, at(0), maxWait: .milliseconds(1000), priority: .low))
        _ = try #require(control.joins(0, at(0), maxWait: .seconds(5), priority: .high))
        #expect(control.expire(now: at(999)) == nil)
        // At 1000 ms two units are free, for the high and the patient call.
        let departure = try #require(control.expire(now: at(1000)))
        #expect(departure.ticket == hasty)
        #expect(control.expire(now: at(1000)) == nil)
        #expect(control.waiter(patient) != nil)
    }

    /// Giving a reservation back restored the wrong tokens. There is nothing to give back here.
    @Test("golang/go#56924, #69419: a call that leaves the line has taken nothing, and its ticket is void")
    func leaving() throws {
        let control = Self.control()
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        let ticket = try #require(control.joins(0, at(0)))
        #expect(control.leave(ticket) != nil)
        #expect(control.leave(ticket) == nil)
        #expect(control.admit(ticket, now: at(1000)) == nil)
        let reused = try #require(control.joins(0, at(0), cost: 2))
        #expect(control.admit(ticket, now: at(1000)) == nil, "an old ticket does not open a new call's place")
        #expect(control.admit(reused, now: at(1000)) != nil)
        #expect(control.snapshot(now: at(1000)).limits[0].used == 2)
    }

    @Test("A wait that only a missing connection caused is no wait")
    func unlimitedWait() throws {
        let control = Self.control()
        guard case .joined(let ticket, let limited, _) = control.enter(.to(0, at(0)), ready: false, now: at(0)) else {
            Issue.record("not in line")
            return
        }
        #expect(!limited)
        #expect(control.next(now: at(30)) == ticket)
        #expect(control.admit(ticket, now: at(30)) == .zero)
    }

    @Test("A call that finds no connection is still held to its limits, counting those before it")
    func unreadyIsLimited() throws {
        let control = Self.control()
        for _ in 0..<2 {
            guard case .joined(_, limited: false, _) = control.enter(.to(0, at(0)), ready: false, now: at(0)) else {
                Issue.record("not in line for a connection")
                return
            }
        }
        let hasty = Demand.to(0, at(0), maxWait: .milliseconds(999))
        guard case .refused(let refusal, limited: true) = control.enter(hasty, ready: false, now: at(0)) else {
            Issue.record("the two before it will use the window up")
            return
        }
        #expect(refusal == Refusal(.rateLimited, limit: "ip", retryAfter: .seconds(1)))
        guard case .joined(_, limited: true, _) = control.enter(.to(1, at(0)), ready: false, now: at(0)) else {
            Issue.record("another endpoint's call does not see those before it")
            return
        }
    }

    @Test("A call overtaken while it waits for a connection waits for the limit from then on, by its rules")
    func overtaken() throws {
        let control = Self.control()
        let early = Demand(endpoint: 0, deadline: at(500), readyDeadline: at(9000))
        guard case .joined(let ticket, limited: false, _) = control.enter(early, ready: false, now: at(0)) else {
            Issue.record("not in line")
            return
        }
        let dear = Demand.to(0, at(0), cost: 2, priority: .critical)
        guard case .joined(let critical, _, _) = control.enter(dear, ready: false, now: at(0)) else {
            Issue.record("not in line")
            return
        }
        #expect(control.admit(critical, now: at(10)) != nil)
        #expect(control.next(now: at(10)) == nil)
        #expect(control.takeNewlyLimited() == [0])
        #expect(control.nextEvent == at(500))
        #expect(control.expire(now: at(500))?.ticket == ticket)
    }

    @Test("A wait for a limit is measured from joining to admission")
    func measuredWait() throws {
        let control = Self.control()
        #expect(control.admits(0, at(0)))
        #expect(control.admits(0, at(0)))
        let ticket = try #require(control.joins(0, at(250)))
        #expect(control.admit(ticket, now: at(999)) == nil)
        #expect(control.admit(ticket, now: at(1000)) == .milliseconds(750))
    }

    @Test("Random traffic never exceeds a window and never leaves room unused", arguments: 0..<20 as Range<UInt64>)
    func property(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let control = Self.control()
        var stamps: [[Int64]] = [[], []]
        let limits: [(Int, Int64)] = [(2, 1_000_000_000), (1, 10_000_000_000)]
        var held: [Ticket: Int] = [:]
        var now = Int64(0)
        func note(_ endpoint: Int) {
            stamps[0].append(now)
            if endpoint == 1 { stamps[1].append(now) }
        }
        for step in 0..<3000 {
            now += Int64.random(in: 0...400_000_000, using: &random)
            let moment = Instant(nanoseconds: now)
            while let departure = control.expire(now: moment) { held[departure.ticket] = nil }
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let endpoint = Int.random(in: 0...1, using: &random)
                let priority = Priority.allCases.randomElement(using: &random) ?? .normal
                let demand = Demand.to(endpoint, moment, priority: priority, maxWait: .seconds(8))
                switch control.enter(demand, ready: Bool.random(using: &random), now: moment) {
                case .admitted: note(endpoint)
                case .joined(let ticket, _, let dropped):
                    held[ticket] = endpoint
                    if let dropped { held[dropped.ticket] = nil }
                case .refused: break
                }
            case 1:
                if let ticket = held.keys.randomElement(using: &random) {
                    control.leave(ticket)
                    held[ticket] = nil
                }
            default:
                while let ticket = control.next(now: moment) {
                    guard control.admit(ticket, now: moment) != nil, let endpoint = held.removeValue(forKey: ticket)
                    else {
                        Issue.record("seed \(seed), step \(step): next named a call that cannot go")
                        return
                    }
                    note(endpoint)
                }
                if !held.isEmpty, let event = control.nextEvent {
                    #expect(event > moment, "seed \(seed), step \(step)")
                }
            }
            #expect(control.length == held.count, "seed \(seed), step \(step)")
        }
        for (stamps, (most, span)) in zip(stamps, limits) {
            for (index, stamp) in stamps.enumerated() where index >= most {
                #expect(stamp - stamps[index - most] >= span, "seed \(seed)")
            }
        }
    }
}

extension Demand {
    fileprivate static func to(
        _ endpoint: Int, _ now: Instant, cost: Int = 1, priority: Priority = .normal, maxWait: TimeSpan = .seconds(100)
    ) -> Demand {
        Demand(endpoint: endpoint, cost: cost, priority: priority, deadline: now + maxWait)
    }
}

/// An `AdmissionControl` that an expectation may change.
final class Desk {
    private var control: AdmissionControl

    init(shared: [LimitSettings], endpoints: [[LimitSettings]], maxLength: Int, shares: [Int]) {
        control = AdmissionControl(shared: shared, endpoints: endpoints, maxLength: maxLength, shares: shares)
    }

    var length: Int { control.length }
    var nextEvent: Instant? { control.nextEvent }
    func waiter(_ ticket: Ticket) -> Line.Waiter? { control.waiter(ticket) }
    func next(now: Instant) -> Ticket? { control.next(now: now) }
    func admit(_ ticket: Ticket, now: Instant) -> TimeSpan? { control.admit(ticket, now: now)?.admission.waited }
    @discardableResult func leave(_ ticket: Ticket) -> Line.Waiter? { control.leave(ticket) }
    func expire(now: Instant) -> AdmissionControl.Departure? { control.expire(now: now) }
    func takeNewlyLimited() -> [Int] { control.takeNewlyLimited() }
    func snapshot(now: Instant) -> AdmissionSnapshot { control.snapshot(now: now) }

    func enter(_ demand: Demand, ready: Bool, now: Instant) -> AdmissionControl.Entry {
        control.enter(demand, ready: ready, now: now)
    }

    func admits(_ endpoint: Int, _ now: Instant) -> Bool {
        if case .admitted = enter(.to(endpoint, now), ready: true, now: now) { true } else { false }
    }

    func joins(
        _ endpoint: Int, _ now: Instant, cost: Int = 1, maxWait: TimeSpan = .seconds(100), priority: Priority = .normal
    ) -> Ticket? {
        let demand = Demand.to(endpoint, now, cost: cost, priority: priority, maxWait: maxWait)
        if case .joined(let ticket, _, _) = enter(demand, ready: true, now: now) { return ticket }
        return nil
    }

    func refuses(_ endpoint: Int, _ now: Instant, maxWait: TimeSpan = .seconds(100)) -> Refusal? {
        if case .refused(let refusal, _) = enter(.to(endpoint, now, maxWait: maxWait), ready: true, now: now) {
            return refusal
        }
        return nil
    }
}
