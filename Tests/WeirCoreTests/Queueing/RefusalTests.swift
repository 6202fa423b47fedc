import Testing
import WeirCore

@Suite("Which calls are refused, and what for")
struct RefusalTests {
    private static let busy = AdmissionChangesTests.busy
    private static let ip = AdmissionChangesTests.ip
    private static let orders = AdmissionControlTests.window("orders", 1, .seconds(10))

    private static func control(_ limits: [LimitSettings]) -> AdmissionControl {
        AdmissionControl(shared: [], endpoints: [limits], maxLength: 10, shares: [10])
    }

    private static func enter(
        _ control: inout AdmissionControl, priority: Priority = .normal, keys: CallKeys = .none,
        until deadline: Instant,
        ready: Bool = true, now: Instant = at(0)
    ) -> AdmissionControl.Entry {
        let demand = Demand(
            endpoint: 0, priority: priority, keys: keys, deadline: deadline, readyDeadline: max(deadline, at(20_000)))
        return control.enter(demand, ready: ready, now: now)
    }

    private static func joins(_ entry: AdmissionControl.Entry) -> Bool {
        if case .joined = entry { true } else { false }
    }

    private static func refusal(_ entry: AdmissionControl.Entry) -> Refusal? {
        if case .refused(let refusal, _) = entry { refusal } else { nil }
    }

    @Test("A limit that lets nobody wait refuses no call that it would admit, though another keeps it waiting")
    func fittingReject() {
        var strict = Self.ip
        strict.onLimit = .reject
        var control = Self.control([strict, Self.orders])
        _ = Self.enter(&control, until: at(0))
        let second = Self.enter(&control, until: at(20_000))
        #expect(Self.joins(second))
    }

    @Test("Overtaken while it waits for a connection, a call leaves where that limit lets nobody wait, and else waits")
    func overtaken() throws {
        for lax in [false, true] {
            var (strict, other) = (Self.ip, Self.orders)
            strict.onLimit = .reject
            // The one limit is spent by a critical call, the other has room.
            if lax { strict.algorithm = .slidingWindow(requests: 3, per: .seconds(1), margin: .zero) }
            other.algorithm = .slidingWindow(requests: lax ? 2 : 3, per: .seconds(10), margin: .zero)
            var control = Self.control([strict, other])
            guard case .joined(let ticket, _, _) = Self.enter(&control, until: at(15_000), ready: false) else {
                Issue.record("nothing is ready for it")
                return
            }
            for _ in 0..<2 {
                guard
                    case .joined(let urgent, _, _) = Self.enter(
                        &control, priority: .critical, until: at(15_000), ready: false)
                else {
                    Issue.record("nothing is ready for it")
                    return
                }
                let granted = control.admit(urgent, now: at(10))
                #expect(granted != nil)
            }
            let next = control.next(now: at(10))
            #expect(next == nil)
            let departure = control.expire(now: at(10))
            #expect(departure?.ticket == (lax ? nil : ticket))
            #expect(control.nextEvent == (lax ? at(10_010) : nil))
        }
    }

    @Test("A stop that ends in this moment refuses nobody")
    func overStop() {
        var control = Self.control([Self.orders])
        _ = Self.enter(&control, until: at(0))
        _ = control.freeze(.upstream, until: at(500), isBan: false, now: at(0))
        let late = Self.enter(&control, until: at(499), now: at(500))
        #expect(Self.refusal(late)?.reason == .rateLimited)
    }

    @Test("Where a place in flight is lacking, that limit is named: nobody knows when one will be free")
    func unforeseeable() throws {
        for limits in [[Self.busy], [Self.orders, Self.busy], [Self.busy, Self.orders]] {
            var control = Self.control(limits)
            _ = Self.enter(&control, until: at(0))
            guard case .joined = Self.enter(&control, until: at(15_000)) else {
                Issue.record("it may wait")
                return
            }
            let departure = control.expire(now: at(15_000))
            #expect(departure?.refusal.limit == "busy")
        }
    }

    @Test("So it is where another limit keeps it waiting too, which says when to come again", arguments: [true, false])
    func unforeseeableAndLater(placesFirst: Bool) throws {
        var control = Self.control(placesFirst ? [Self.busy, Self.orders] : [Self.orders, Self.busy])
        guard case .admitted(let first) = Self.enter(&control, until: at(0)) else {
            Issue.record("both are free")
            return
        }
        guard case .joined = Self.enter(&control, until: at(15_000)) else {
            Issue.record("it may wait")
            return
        }
        control.release(first.admission, now: at(10_000))
        guard case .admitted = Self.enter(&control, priority: .critical, until: at(10_000), now: at(10_000)) else {
            Issue.record("it goes first")
            return
        }
        let departure = control.expire(now: at(15_000))
        #expect(departure?.refusal == Refusal(.rateLimited, limit: "busy", retryAfter: .seconds(5)))
    }

    @Test("A keyed limit that does not apply to those in line leaves the projection of the next as it is")
    func keyless() throws {
        var client = AdmissionControlTests.window("client", 1, .seconds(1))
        client.key = [.header("k")]
        client.keyMissing = .skip
        var control = Self.control([client, Self.orders])
        let keys = try #require(control.keying(of: 0)).keys { _ in nil }
        _ = Self.enter(&control, keys: keys, until: at(0))
        let second = Self.enter(&control, keys: keys, until: at(10_000))
        #expect(Self.joins(second))
        let third = Self.refusal(Self.enter(&control, keys: keys, until: at(19_999)))
        #expect(third == Refusal(.rateLimited, limit: "orders", retryAfter: .seconds(20)))
    }

    @Test("A call behind others of its key is refused at once where its turn would come too late")
    func keyed() throws {
        var client = AdmissionControlTests.window("client", 1, .seconds(1))
        client.key = [.header("k")]
        var control = Self.control([client])
        let keying = try #require(control.keying(of: 0))
        let keys = (mine: try keying.keys { _ in "a" }, others: try keying.keys { _ in "b" })
        _ = Self.enter(&control, keys: keys.mine, until: at(0))
        let second = Self.enter(&control, keys: keys.mine, until: at(1000))
        #expect(Self.joins(second))
        let third = Self.refusal(Self.enter(&control, keys: keys.mine, until: at(1999)))
        #expect(third == Refusal(.rateLimited, limit: "client", retryAfter: .seconds(2)))
        guard case .admitted = Self.enter(&control, keys: keys.others, until: at(0)) else {
            Issue.record("another key is free")
            return
        }
    }
}
