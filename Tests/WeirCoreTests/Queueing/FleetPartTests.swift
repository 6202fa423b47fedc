import Testing
import WeirCore

/// Limits of a fleet of three whose server is out of reach: each instance keeps to its third.
@Suite("Limits that a fleet shares, without their server")
struct FleetPartTests {
    final class Desk {
        private var control: AdmissionControl

        /// `ip` is for both endpoints, `busy` for the first alone. Alone since 1 s, it may use its part after 20 s.
        init() {
            let ip = LimitSettings(
                name: "ip", algorithm: .slidingWindow(requests: 30, per: .seconds(1), margin: .zero), isShared: true)
            let busy = LimitSettings(name: "busy", algorithm: .concurrency(max: 6), isShared: true)
            let fleet = FleetSettings(instances: 3, slack: .milliseconds(50))
            control = AdmissionControl(
                shared: [ip], endpoints: [[busy], []], maxLength: 10, shares: [10, 10],
                fleet: FleetStart(fleet, endpoints: ["a", "b"], now: at(0)))
            advance(at(1000))
            advance(at(20_000))
        }

        var names: [String] { control.fleetNames }
        var largestCost: Int? { control.largestCost(of: 1) }

        func advance(_ now: Instant) { _ = control.withFleet { $0.advance(now: now) } }
        func reset(_ limit: Int) -> Bool { control.reset(limit, key: nil, tier: nil) }
        func setFactor(_ limit: Int, _ factor: Double) { control.setFactor(limit, factor) }
        func release(_ admission: Admission, _ now: Instant) { control.release(admission, now: now) }
        func giveBack(_ admission: Admission, _ now: Instant) { control.giveBack(admission, now: now) }
        func shown(_ limit: Int, _ now: Instant) -> LimitSnapshot { control.snapshot(now: now).limits[limit] }

        func admission(to endpoint: Int, cost: Int = 1, _ now: Instant) -> Admission? {
            let demand = Demand(endpoint: endpoint, cost: cost, deadline: now)
            switch control.enter(demand, ready: true, now: now) {
            case .admitted(let granted): return granted.admission
            case .joined(let ticket, _, _): control.leave(ticket)
            case .refused: break
            }
            return nil
        }
    }

    @Test("Each instance has its part of a window, gets back what it gives back, and forgets nothing for an operator")
    func window() throws {
        let desk = Desk()
        #expect(desk.names == ["ip", "a/busy"])
        #expect(desk.largestCost == 10)
        let now = at(20_000)
        let first = try #require(desk.admission(to: 1, cost: 9, now))
        #expect(desk.admission(to: 1, now) != nil)
        #expect(desk.admission(to: 1, now) == nil)
        #expect(desk.shown(0, now).used == 10)
        #expect(desk.shown(0, now).remaining == 0)
        #expect(desk.shown(0, now).untilNextFree == nil)
        #expect(desk.shown(0, now).isWithFleet == false)
        #expect(!desk.reset(0))
        #expect(desk.admission(to: 1, now) == nil)
        desk.giveBack(first, now)
        #expect(desk.shown(0, now).remaining == 9)
        #expect(desk.shown(0, now).untilNextFree == .zero)
        #expect(desk.admission(to: 1, cost: 9, now) != nil)
        #expect(desk.admission(to: 1, at(20_999)) == nil)
        desk.setFactor(0, 0.5)
        #expect(desk.admission(to: 1, cost: 5, at(22_000)) != nil)
        #expect(desk.admission(to: 1, at(22_000)) == nil)
    }

    @Test("Each instance has its part of the places")
    func places() throws {
        let desk = Desk()
        let now = at(70_000)
        desk.advance(now)
        let first = try #require(desk.admission(to: 0, now))
        #expect(desk.admission(to: 0, now) != nil)
        #expect(desk.admission(to: 0, now) == nil)
        desk.release(first, now)
        #expect(desk.admission(to: 0, now) != nil)
        #expect(desk.admission(to: 0, now) == nil)
        #expect(desk.admission(to: 1, now) != nil, "the other endpoint has no such limit")
    }

    @Test("A place that was given back is there again, however often")
    func placesAgain() throws {
        let desk = Desk()
        for second in 70..<90 as Range<Int64> {
            let now = at(second * 1000)
            desk.advance(now)
            desk.release(try #require(desk.admission(to: 0, now)), now)
        }
    }
}
