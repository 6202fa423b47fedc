import Testing

@testable import WeirCore

@Suite("The line")
struct LineTests {
    /// Two endpoints that share `ip`, 2 per second, and have a key each; all of `ip` is spent at 0.
    private static func control(shares: [Int] = [10, 10]) -> AdmissionControl {
        var client = AdmissionControlTests.window("client", 2, .seconds(1))
        client.key = [.header("k")]
        var control = AdmissionControl(
            shared: [AdmissionChangesTests.ip], endpoints: [[client], [client]], maxLength: 10, shares: shares)
        _ = control.enter(Demand(endpoint: 0, cost: 2, deadline: at(0)), ready: true, now: at(0))
        return control
    }

    private static func join(
        _ control: inout AdmissionControl, _ endpoint: Int = 0, priority: Priority = .normal, key: String = "k",
        until deadline: Instant = at(9000)
    ) throws -> (ticket: Ticket, dropped: Ticket?) {
        let keys = try #require(control.keying(of: endpoint)).keys { _ in key }
        let demand = Demand(endpoint: endpoint, priority: priority, keys: keys, deadline: deadline)
        guard case .joined(let ticket, _, let dropped) = control.enter(demand, ready: true, now: at(0)) else {
            throw Refusal(.rateLimited)
        }
        return (ticket, dropped?.ticket)
    }

    @Test("Of keys that nobody in line has any more, nothing is kept")
    func forgottenKeys() throws {
        var control = Self.control()
        for round in 0..<50 {
            let calls = try (0..<3).map { _ in try Self.join(&control, key: "\(round)") }
            for call in calls { control.leave(call.ticket) }
            #expect(control.line.lanes.count == 3, "one for each endpoint, and one that the next key takes")
        }
    }

    @Test("What is shown of it: calls by class, and tickets of those alone who are there")
    func shown() throws {
        var control = Self.control()
        let calls = try [Priority.low, .critical, .low].map { try Self.join(&control, priority: $0).ticket }
        var lengths = control.snapshot(now: at(1)).lengthByPriority
        #expect(lengths == [1, 0, 0, 2])
        control.leave(calls[0])
        #expect(control.tickets { _ in true } == [calls[1], calls[2]])
        lengths = control.snapshot(now: at(1)).lengthByPriority
        #expect(lengths == [1, 0, 0, 1])
    }

    @Test("Where an endpoint's share is full, its own newest call of a lower class makes room, and no other's")
    func fullShare() throws {
        var control = Self.control(shares: [2, 10])
        _ = try Self.join(&control, 0, priority: .low)
        let newest = try Self.join(&control, 0, priority: .low, key: "other").ticket
        _ = try Self.join(&control, 1, priority: .low)
        #expect(throws: Refusal.self) { try Self.join(&control, 0, priority: .low) }
        let urgent = try Self.join(&control, 0, priority: .high)
        #expect(urgent.dropped == newest)
        #expect(control.length == 3)
        control.leave(urgent.ticket)
        _ = try Self.join(&control, 0, priority: .low)
    }

    @Test(
        "A call overtaken while it waits for a connection has waited for the limit since it came, and is told so once")
    func overtaken() throws {
        var control = Self.control()
        let keys = try #require(control.keying(of: 0)).keys { _ in "k" }
        func join(_ priority: Priority, cost: Int) throws -> Ticket {
            let demand = Demand(endpoint: 0, cost: cost, priority: priority, keys: keys, deadline: at(9000))
            guard case .joined(let ticket, limited: false, _) = control.enter(demand, ready: false, now: at(1000))
            else { throw Refusal(.rateLimited) }
            return ticket
        }
        let early = try join(.normal, cost: 1)
        let urgent = try join(.critical, cost: 2)
        let granted = control.admit(urgent, now: at(1010))
        #expect(granted?.admission.waited == .zero)
        for expected in [[0], []] {
            let next = control.next(now: at(1020))
            #expect(next == nil)
            let limited = control.takeNewlyLimited()
            #expect(limited == expected)
        }
        let waited = control.admit(early, now: at(2010))?.admission.waited
        #expect(waited == .milliseconds(1010))
    }

    @Test("A call leaves at its deadline, though others with the same one left the place that it has now")
    func reusedPlace() throws {
        var control = Self.control()
        let first = try Self.join(&control, key: "first", until: at(8000)).ticket
        for _ in 0..<5 { control.leave(try Self.join(&control).ticket) }
        let last = try Self.join(&control).ticket
        _ = try Self.join(&control, key: "later", until: at(9500))
        control.leave(first)
        #expect(control.nextEvent == at(9000))
        let departure = control.expire(now: at(9000))
        #expect(departure?.ticket == last)
        #expect(control.nextEvent == at(9500))
    }

    @Test("A class is known by its name")
    func names() {
        #expect(Priority.allCases.map(\.name) == ["critical", "high", "normal", "low"])
        for priority in Priority.allCases { #expect(Priority(name: priority.name) == priority) }
        #expect(Priority(name: "urgent") == nil)
    }
}
