import Testing

@testable import WeirCore

/// Calls that need the fleet's answer: only those that quota kept waiting count as held back by a limit.
@Suite struct AskingTests {
    private final class Upstream {
        var control: AdmissionControl
        var now = at(0)

        init(own: [LimitSettings] = []) {
            let shared = LimitSettings(
                name: "ip", algorithm: .slidingWindow(requests: 600, per: .seconds(5)), isShared: true)
            let fleet = FleetStart(
                FleetSettings(instances: 3, slack: .milliseconds(50)), endpoints: ["all"], now: at(0))
            control = AdmissionControl(shared: [shared] + own, endpoints: [[]], maxLength: 8, shares: [8], fleet: fleet)
            control.withFleet { $0.connected() }
            answer(.time)
            answer()
        }

        func answer(_ status: FleetReply.Status = .ok, granted: Int = 0, retryIn: Int64 = 0) {
            guard let message = control.fleetMessage(now: now) else { return }
            let server = now.nanoseconds / 1000 + 1_000_000
            let decision = FleetReply.Decision(
                granted: granted, expiry: 7, retry: retryIn > 0 ? server + retryIn : 0, used: granted, isFloorKept: true
            )
            let reply = FleetReply(status: status, now: server, decisions: status == .ok ? [decision] : [])
            control.withFleet { _ = $0.receive(reply, to: message.sequence, now: now) }
        }

        /// Has a call come; whether a limit is known to hold it back.
        func enter() -> Bool? {
            let demand = Demand(endpoint: 0, deadline: now + .seconds(10))
            guard case .joined(_, let limited, _) = control.enter(demand, ready: true, now: now) else { return nil }
            return limited
        }

        func takeNewlyLimited() -> [Int] { control.takeNewlyLimited() }

        /// Admits whom it can; how many.
        func admit() -> Int {
            var count = 0
            while let ticket = control.next(now: now), control.admit(ticket, now: now) != nil { count += 1 }
            return count
        }
    }

    @Test func whoeverIsGrantedItsUnitsAtOnceWasNotHeldBack() {
        let upstream = Upstream()
        #expect(upstream.enter() == false)
        upstream.now = upstream.now + .milliseconds(1)
        upstream.answer(granted: 1)
        #expect(upstream.admit() == 1)
        #expect(upstream.takeNewlyLimited() == [])
    }

    @Test func whoeverWaitedForQuotaOfTheFleetWasHeldBack() {
        let upstream = Upstream()
        #expect(upstream.enter() == false)
        #expect(upstream.enter() == false)
        upstream.answer(granted: 1, retryIn: 30_000)
        #expect(upstream.admit() == 1)
        // One more, of which it is known from the start.
        #expect(upstream.enter() == true)
        upstream.now = upstream.now + .milliseconds(30)
        upstream.answer(granted: 2)
        #expect(upstream.admit() == 2)
        #expect(upstream.takeNewlyLimited() == [0, 0])
    }

    @Test func whoeverHadNoAnswerInTimeWasHeldBack() {
        let upstream = Upstream()
        #expect(upstream.enter() == false)
        upstream.now = upstream.now + .milliseconds(51)
        upstream.control.withFleet { _ = $0.advance(now: upstream.now) }
        upstream.answer(granted: 1)
        upstream.now = upstream.now + .seconds(10)
        while upstream.control.expire(now: upstream.now) != nil {}
        #expect(upstream.takeNewlyLimited() == [0])
    }

    @Test func whomALimitOfItsOwnHoldsBackIsHeldBackAtOnce() {
        let own = LimitSettings(name: "own", algorithm: .slidingWindow(requests: 1, per: .seconds(5)))
        let upstream = Upstream(own: [own])
        #expect(upstream.enter() == false)
        #expect(upstream.enter() == true)
    }
}
