import Testing
import WeirCore

@Suite("The line in shadow")
struct ShadowLineTests {
    private static func control(_ mode: AdmissionMode = .shadow) -> AdmissionControl {
        AdmissionControl(
            shared: [AdmissionChangesTests.ip], endpoints: [[]], maxLength: 10, shares: [10], mode: mode)
    }

    /// Puts a call in line, since no connection is there.
    private static func join(_ control: inout AdmissionControl) -> (ticket: Ticket, isLimited: Bool)? {
        let demand = Demand(endpoint: 0, deadline: at(1000), readyDeadline: at(3000))
        guard case .joined(let ticket, let isLimited, _) = control.enter(demand, ready: false, now: at(0)) else {
            return nil
        }
        return (ticket, isLimited)
    }

    @Test(
        "Who waits for a connection goes as soon as there is one, whatever is spent, and is told what would have been")
    func connection() throws {
        var control = Self.control()
        let calls = try (0..<3).map { _ in try #require(Self.join(&control)) }
        #expect(calls.allSatisfy { !$0.isLimited })
        var verdicts: [ShadowVerdict?] = []
        for call in calls {
            let next = control.next(now: at(10))
            #expect(next == call.ticket)
            let granted = control.admit(call.ticket, now: at(10))
            verdicts.append(try #require(granted).verdict)
        }
        #expect(verdicts == [nil, nil, .refuse(.rateLimited)])
        #expect(control.length == 0)
        let limited = control.takeNewlyLimited()
        #expect(limited.isEmpty)
    }

    @Test("Who waits for a connection alone waits as long as such a call may")
    func patience() throws {
        var control = Self.control()
        let call = try #require(Self.join(&control))
        #expect(control.nextEvent == at(3000))
        let early = control.expire(now: at(2999))
        #expect(early == nil)
        let departure = control.expire(now: at(3000))
        #expect(departure?.ticket == call.ticket)
    }

    @Test("Held to the limits again, who is stopped beyond its deadline leaves as frozen")
    func enforced() throws {
        var control = Self.control()
        let call = try #require(Self.join(&control))
        let stop = control.freeze(.upstream, until: at(5000), isBan: false, now: at(0))
        #expect(stop.departures.isEmpty, "in shadow nobody is refused")
        control.reconfigure(
            shared: [AdmissionChangesTests.ip], endpoints: [[]], maxLength: 10, shares: [10], mode: .enforce, from: [0],
            now: at(0))
        let departure = control.expire(now: at(3000))
        #expect(departure?.ticket == call.ticket)
        #expect(departure?.refusal == Refusal(.frozen, retryAfter: .seconds(2)))
    }
}
