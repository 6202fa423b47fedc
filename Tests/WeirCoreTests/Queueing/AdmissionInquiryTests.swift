import Testing
import WeirCore

@Suite("Admission, asked without changing anything")
struct AdmissionInquiryTests {
    /// Two endpoints that share `ip`, 2 per second; all of it is spent at 0.
    private static func spent(mode: AdmissionMode = .enforce) -> AdmissionControl {
        var control = AdmissionControl(
            shared: [AdmissionChangesTests.ip], endpoints: [[], []], maxLength: 10, shares: [10, 10], mode: mode)
        for _ in 0..<2 { _ = control.enter(Demand(endpoint: 0, deadline: at(0)), ready: true, now: at(0)) }
        return control
    }

    private static func projection(
        _ control: AdmissionControl, _ endpoint: Int = 0, priority: Priority = .normal, now: Instant = at(0)
    ) -> Instant {
        var control = control
        return control.projection(Demand(endpoint: endpoint, priority: priority, deadline: at(9000)), now: now)
    }

    @Test("A call that came now would go when its limits let it, behind those in line ahead of it")
    func projection() {
        var control = Self.spent()
        #expect(Self.projection(control) == at(1000))
        for _ in 0..<2 { _ = control.enter(Demand(endpoint: 0, deadline: at(9000)), ready: true, now: at(0)) }
        #expect(Self.projection(control) == at(2000))
        #expect(Self.projection(control, priority: .critical) == at(1000), "nobody is ahead of it")
        #expect(control.length == 2, "asking joins nobody")
    }

    @Test("A stop or a delay puts it off, of its own endpoint alone")
    func held() {
        var control = Self.spent()
        control.setDelay(.endpoint(0), .seconds(3))
        #expect(Self.projection(control, 0) == at(3000))
        #expect(Self.projection(control, 1) == at(1000))
        _ = control.freeze(.upstream, until: at(5000), isBan: false, now: at(0))
        #expect(Self.projection(control, 1) == at(5000))
    }

    @Test("In shadow it would go at once, whatever is spent")
    func shadow() {
        #expect(Self.projection(Self.spent(mode: .shadow)) == at(0))
    }

    @Test("One limit is shown by its place, and nothing where there is none")
    func oneLimit() {
        var control = Self.spent()
        let shown = control.snapshot(of: 0, now: at(0))
        #expect(shown?.settings.name == "ip")
        #expect(shown?.used == 2)
        for absent in [-1, 1] {
            let shown = control.snapshot(of: absent, now: at(0))
            #expect(shown == nil)
        }
    }

    @Test("An admission tells whether it holds places in flight, which are to be given back")
    func holdsPlaces() {
        var control = AdmissionControl(
            shared: [AdmissionChangesTests.ip], endpoints: [[], [AdmissionChangesTests.busy]], maxLength: 10,
            shares: [10, 10])
        for endpoint in 0...1 {
            guard
                case .admitted(let granted) = control.enter(
                    Demand(endpoint: endpoint, deadline: at(0)), ready: true, now: at(0))
            else {
                Issue.record("refused")
                return
            }
            #expect(granted.admission.holdsPlaces == (endpoint == 1))
        }
    }
}
