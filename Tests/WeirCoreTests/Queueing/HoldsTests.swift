import Testing
import WeirCore

@Suite("The provider's stops")
struct HoldsTests {
    private static func control() -> AdmissionControl {
        AdmissionControl(
            shared: [AdmissionChangesTests.ip], endpoints: [[], []], maxLength: 10, shares: [10, 10])
    }

    private static func freeze(
        _ control: inout AdmissionControl, _ scope: HoldScope = .upstream, until: Int64, isBan: Bool = false, now: Int64
    ) -> Bool {
        control.freeze(scope, until: at(until), isBan: isBan, now: at(now)).isNews
    }

    @Test("One that is over already is none")
    func over() {
        var control = Self.control()
        #expect(!Self.freeze(&control, until: 10, now: 10))
        #expect(control.nextEvent == nil)
        let thaw = control.takeThaw(now: at(10))
        #expect(thaw == nil)
        let shown = control.snapshot(now: at(0))
        #expect(shown.frozen == nil)
    }

    @Test("Its end is an event, whether or not anybody is in line, and names whom it stopped")
    func thaw() {
        var control = Self.control()
        #expect(Self.freeze(&control, until: 700, now: 0))
        #expect(Self.freeze(&control, .endpoint(1), until: 500, isBan: true, now: 0))
        #expect(control.nextEvent == at(500))
        let early = control.takeThaw(now: at(499))
        #expect(early == nil)
        let first = control.takeThaw(now: at(500))
        #expect(first?.scope == .endpoint(1))
        #expect(first?.wasBan == true)
        #expect(control.nextEvent == at(700))
        guard case .joined = control.enter(Demand(endpoint: 0, deadline: at(900)), ready: true, now: at(600)) else {
            Issue.record("it may wait")
            return
        }
        #expect(control.nextEvent == at(700), "before its deadline")
        let second = control.takeThaw(now: at(700))
        #expect(second?.scope == .upstream)
        #expect(second?.wasBan == false)
        #expect(control.nextEvent == at(900))
    }

    @Test("Whom it would hold beyond the deadline can be asked before anything is taken")
    func question() {
        var control = Self.control()
        _ = control.freeze(.endpoint(1), until: at(500), isBan: false, now: at(0))
        func refusal(_ endpoint: Int, until deadline: Int64) -> Refusal? {
            control.frozenRefusal(Demand(endpoint: endpoint, deadline: at(deadline)), now: at(100))
        }
        #expect(refusal(1, until: 499) == Refusal(.frozen, retryAfter: .milliseconds(400)))
        #expect(refusal(1, until: 500) == nil)
        #expect(refusal(0, until: 499) == nil)
    }

    @Test("A ban lasts as long as the longest that was heard of; once it is over, another is news")
    func bans() {
        var control = Self.control()
        #expect(Self.freeze(&control, until: 9000, now: 0))
        #expect(Self.freeze(&control, until: 5000, isBan: true, now: 0))
        #expect(!Self.freeze(&control, until: 4000, isBan: true, now: 1))
        var shown = control.snapshot(now: at(4999))
        #expect(shown.frozen?.isBan == true)
        shown = control.snapshot(now: at(5000))
        #expect(shown.frozen?.isBan == false)
        #expect(Self.freeze(&control, until: 6000, isBan: true, now: 5000))
    }
}
