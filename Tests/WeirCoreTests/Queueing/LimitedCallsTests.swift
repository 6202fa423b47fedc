import Testing
import WeirCore

/// What `mm_rate_limit_hits_total` counts: every call that a limit or a stop has held back, whatever became of it.
@Suite("Calls that count as limited")
struct LimitedCallsTests {
    /// Whether the call counts as limited, and why it was refused, if it was.
    private static func enter(
        _ control: inout AdmissionControl, cost: Int = 1, maxWait: TimeSpan, ready: Bool = true
    ) -> (isLimited: Bool, reason: RefusalReason?) {
        let demand = Demand(endpoint: 0, cost: cost, deadline: at(0) + maxWait)
        return switch control.enter(demand, ready: ready, now: at(0)) {
        case .admitted: (false, nil)
        case .joined(_, let limited, _): (limited, nil)
        case .refused(let refusal, let limited): (limited, refusal.reason)
        }
    }

    private static func control(onLimit: LimitSettings.OnLimit = .wait, maxLength: Int = 1) -> AdmissionControl {
        var ip = AdmissionChangesTests.ip
        ip.onLimit = onLimit
        return AdmissionControl(shared: [ip], endpoints: [[]], maxLength: maxLength, shares: [10])
    }

    @Test("One that goes, or waits for a connection alone, does not")
    func free() {
        var control = Self.control()
        #expect(Self.enter(&control, maxWait: .zero) == (false, nil))
        #expect(Self.enter(&control, maxWait: .seconds(5), ready: false) == (false, nil))
    }

    @Test("One that waits for a limit does, and so does one for whom there is no place in line")
    func waiting() {
        var control = Self.control()
        _ = Self.enter(&control, cost: 2, maxWait: .zero)
        #expect(Self.enter(&control, maxWait: .seconds(5)) == (true, nil))
        #expect(Self.enter(&control, maxWait: .seconds(5)) == (true, .queueFull))
    }

    @Test("One that is refused for its deadline, its cost, a stop, or a limit that lets nobody wait, does")
    func refused() {
        var control = Self.control(maxLength: 10)
        #expect(Self.enter(&control, cost: 3, maxWait: .seconds(5)) == (true, .rateLimited))
        _ = Self.enter(&control, cost: 2, maxWait: .zero)
        #expect(Self.enter(&control, maxWait: .milliseconds(999)) == (true, .rateLimited))
        _ = control.freeze(.upstream, until: at(5000), isBan: false, now: at(0))
        #expect(Self.enter(&control, maxWait: .seconds(4)) == (true, .frozen))
        var strict = Self.control(onLimit: .reject)
        _ = Self.enter(&strict, cost: 2, maxWait: .zero)
        #expect(Self.enter(&strict, maxWait: .seconds(5)) == (true, .rateLimited))
    }
}
