import Testing
import WeirCore

@Suite("Admission, at random")
struct AdmissionPropertyTests {
    /// Operations of each walk. With the seeds below, more than 300,000 in all.
    static let operations = Extent.of(10_000)

    @Test(
        "Whatever happens in whatever order, nobody goes too early, too late or out of turn",
        arguments: 0..<32 as Range<UInt64>)
    func walk(seed: UInt64) {
        var walk = AdmissionWalk(seed: seed)
        for step in 0..<Self.operations {
            if let fault = walk.step() {
                Issue.record("seed \(seed), step \(step): \(fault)")
                return
            }
        }
        if let fault = walk.finish() { Issue.record("seed \(seed), at the end: \(fault)") }
    }
}

/// One walk through random events, with the reference beside.
struct AdmissionWalk {
    private struct Flight {
        let admission: Admission
        let id: Int
        let cost: Int
        let needs: [AdmissionReference.Need]
    }

    /// What all calls share keeps most of them waiting; or, with `isWide`, hardly anybody, so that the endpoints' own limits
    /// and keys do.
    static func shared(isWide: Bool) -> [LimitSettings] {
        let ip = LimitSettings.Algorithm.slidingWindow(requests: isWide ? 60 : 6, per: .seconds(1), margin: .zero)
        return [
            LimitSettings(name: "ip", algorithm: ip, reserve: 0.25),
            LimitSettings(name: "busy", algorithm: .concurrency(max: isWide ? 30 : 4)),
        ]
    }
    static let endpoints: [[LimitSettings]] = [
        [],
        [
            LimitSettings(
                name: "orders", algorithm: .tokenBucket(rate: Rate(permits: 1, per: .milliseconds(300)), burst: 3))
        ],
        [
            LimitSettings(
                name: "client", algorithm: .slidingWindow(requests: 3, per: .milliseconds(700), margin: .zero),
                key: [.clientIP], maxKeys: 3),
            LimitSettings(
                name: "bucket", algorithm: .tokenBucket(rate: Rate(permits: 1, per: .milliseconds(200)), burst: 4),
                key: [.header("x")], keyMissing: .skip, maxKeys: 4),
        ],
        [
            LimitSettings(name: "each", algorithm: .concurrency(max: 1), key: [.clientIP], maxKeys: 3),
            LimitSettings(name: "pace", algorithm: .spacing(every: .milliseconds(40), margin: .zero)),
        ],
        [
            LimitSettings(
                name: "strict", algorithm: .slidingWindow(requests: 2, per: .milliseconds(200), margin: .zero),
                onLimit: .reject)
        ],
    ]
    private static let sources: [Int: [KeySource]] = [2: [.clientIP, .header("x")], 3: [.clientIP]]

    private var random: SeededGenerator
    private var control: AdmissionControl
    private var reference: AdmissionReference
    private let keyings: [Keying?]
    private var held: [(ticket: Ticket, id: Int)] = []
    private var flights: [Flight] = []
    private var now: Int64 = 1
    private var ids = 0
    private var steps = 0

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        let shared = Self.shared(isWide: seed % 2 == 1)
        reference = AdmissionReference(shared: shared, endpoints: Self.endpoints)
        let control = AdmissionControl(
            shared: shared, endpoints: Self.endpoints, maxLength: 10, shares: [10, 10, 10, 10, 10])
        keyings = Self.endpoints.indices.map(control.keying(of:))
        self.control = control
    }

    private var moment: Instant { Instant(nanoseconds: now) }

    /// One random event and what follows from it. Returns what went wrong.
    mutating func step() -> String? {
        steps += 1
        advance()
        if let fault = expire() { return fault }
        let fault: String? =
            switch chance(100) {
            case 0..<40: enter()
            case 40..<50: leave()
            case 50..<80: end(gives: chance(4) == 0)
            case 80..<84: hold()
            case 84..<88: change()
            default: nil
            }
        return fault ?? serve() ?? (steps % 8 == 0 ? compare() : nil)
    }

    /// Lets everything end and looks that all is as new.
    mutating func finish() -> String? {
        for limit in reference.limits.indices {
            control.setFactor(limit, 1)
            reference.factors[limit] = 1000
        }
        while !flights.isEmpty || !held.isEmpty {
            if let fault = end(gives: false) ?? serve() { return fault }
            now = max(now + 1, control.nextEvent?.nanoseconds ?? now)
            if let fault = expire() { return fault }
        }
        now += 100_000_000_000
        if let fault = expire() { return fault }
        let snapshot = control.snapshot(now: moment)
        guard snapshot.length == 0, snapshot.limits.allSatisfy({ $0.used ?? 0 == 0 }) else { return "not as new" }
        guard snapshot.limits.allSatisfy({ $0.keys == ($0.settings.key.isEmpty ? 1 : 0) }) else {
            return "keys are left"
        }
        return control.nextEvent == nil ? nil : "a timer is left"
    }

    // MARK: Events

    private mutating func advance() {
        switch chance(4) {
        case 0: break
        case 1: now = max(now, control.nextEvent?.nanoseconds ?? now)
        default: now += Int64.random(in: 0...60_000_000, using: &random)
        }
        if steps % 64 == 0 { reference.forget(now: now) }
    }

    private mutating func enter() -> String? {
        ids += 1
        let endpoint = chance(Self.endpoints.count)
        let keys = (Self.sources[endpoint] ?? []).map { source in
            source == .clientIP ? chance(5) : chance(4) == 0 ? nil : chance(6)
        }
        let deadline = now + Int64.random(in: 0...3_000_000_000, using: &random)
        let newcomer = AdmissionReference.Waiter(
            id: ids, endpoint: endpoint, priority: Priority(rawValue: chance(4)) ?? .normal, cost: 1 + chance(3),
            needs: reference.needs(endpoint, keys), joined: now, limitDeadline: deadline)
        let isReady = chance(5) > 0
        let demand = Demand(
            endpoint: endpoint, cost: newcomer.cost, priority: newcomer.priority, keys: made(endpoint, keys),
            deadline: Instant(nanoseconds: deadline), readyDeadline: Instant(nanoseconds: deadline + 500_000_000))
        let admits = isReady && reference.admits(newcomer, now: now)
        reference.touch(newcomer.needs)
        switch control.enter(demand, ready: isReady, now: moment) {
        case .admitted(let granted):
            guard admits else { return "admitted out of turn: \(newcomer)" }
            take(granted.admission, newcomer)
        case .joined(let ticket, let limited, let dropped):
            guard !admits else { return "put in line though it fits: \(newcomer)" }
            if let dropped, let fault = forget(dropped.ticket, expected: { $0.priority < newcomer.priority }) {
                return fault
            }
            if !limited, reference.isHeld(endpoint, joined: now, now: now) { return "held, and not limited" }
            held.append((ticket, newcomer.id))
            reference.join(newcomer)
        case .refused(let refusal, _):
            guard !admits else { return "refused though it fits: \(newcomer)" }
            let isFrozen = reference.thaw(endpoint) > max(now, deadline)
            guard (refusal.reason == .frozen) == isFrozen else { return "refused as \(refusal.reason)" }
        }
        return nil
    }

    private mutating func leave() -> String? {
        guard !held.isEmpty else { return nil }
        let (ticket, id) = held.remove(at: chance(held.count))
        guard control.leave(ticket) != nil, control.leave(ticket) == nil else { return "cannot leave, or twice" }
        return reference.leave(id) == nil ? "left twice" : nil
    }

    /// An attempt ends, or is given back.
    private mutating func end(gives: Bool) -> String? {
        guard !flights.isEmpty else { return nil }
        let flight = flights.remove(at: chance(flights.count))
        if gives, reference.refundsExactly(flight.needs, id: flight.id) {
            control.giveBack(flight.admission, now: moment)
            reference.giveBack(flight.needs, cost: flight.cost, id: flight.id)
        } else {
            control.release(flight.admission, now: moment)
            reference.release(flight.needs, id: flight.id)
        }
        if chance(4) == 0 { control.release(flight.admission, now: moment) }
        return nil
    }

    private mutating func hold() -> String? {
        let place = chance(Self.endpoints.count + 1)
        let scope = place == 0 ? HoldScope.upstream : .endpoint(place - 1)
        guard chance(2) == 0 else {
            let delay = chance(2) == 0 ? 0 : Int64.random(in: 0...50_000_000, using: &random)
            control.setDelay(scope, TimeSpan(nanoseconds: delay))
            reference.delays[place] = delay
            return nil
        }
        let until = now + Int64.random(in: 0...400_000_000, using: &random)
        reference.thaws[place] = max(reference.thaws[place], until)
        let reference = reference
        let now = now
        let departures = control.freeze(
            scope, until: Instant(nanoseconds: until), isBan: chance(3) == 0, now: moment
        ).departures
        for departure in departures {
            if let fault = forget(
                departure.ticket, expected: { reference.thaw($0.endpoint) > max(now, $0.limitDeadline) })
            {
                return fault
            }
        }
        let stays = self.reference.waiters.contains { reference.thaw($0.endpoint) > max(now, $0.limitDeadline) }
        return stays ? "a frozen call was kept beyond its deadline" : nil
    }

    private mutating func change() -> String? {
        let limit = chance(reference.limits.count)
        switch chance(3) {
        case 0:
            let thousandths = [1000, 1000, 500, 200, 100][chance(5)]
            // What grows back at another pace is another story, told by the limit's own tests.
            if case .tokenBucket = reference.limits[limit].algorithm { return nil }
            control.setFactor(limit, Double(thousandths) / 1000)
            reference.factors[limit] = thousandths
        case 1:
            let units = chance(3) == 0 ? nil : chance(4)
            let until = now + Int64.random(in: 1...300_000_000, using: &random)
            control.setAllowance(limit, units: units, until: Instant(nanoseconds: until))
            if reference.limits[limit].key.isEmpty { reference.allowances[limit] = units.map { ($0, until) } }
        default:
            let isKeyed = !reference.limits[limit].key.isEmpty
            let key = isKeyed && chance(2) == 0 ? 1 : nil
            guard control.reset(limit, key: key.map { ["\($0)"] }, tier: nil) else { return "no such key" }
            if case .concurrency = reference.limits[limit].algorithm { return nil }
            if let key {
                reference.books[limit][key] = nil
            } else {
                reference.books[limit] = reference.books[limit].map { _ in nil }
            }
        }
        return nil
    }

    /// Whoever's turn it is goes, or waits for a connection; and nobody's turn comes unseen.
    private mutating func serve() -> String? {
        for _ in 0..<100 {
            let expected = reference.next(downTo: .low, now: now)
            let ticket = control.next(now: moment)
            let id = ticket.flatMap { ticket in held.first { $0.ticket == ticket }?.id }
            guard id == expected else {
                return "next is \(String(describing: id)), not \(String(describing: expected))"
            }
            guard let ticket, let place = held.firstIndex(where: { $0.ticket == ticket }) else { break }
            if chance(6) == 0 { return nil }
            guard let granted = control.admit(ticket, now: moment),
                let waiter = reference.leave(held[place].id)
            else { return "next cannot go" }
            guard control.admit(ticket, now: moment) == nil else { return "admitted twice" }
            held.remove(at: place)
            take(granted.admission, waiter)
        }
        guard let event = control.nextEvent?.nanoseconds else {
            return held.isEmpty ? nil : "nobody wakes those in line"
        }
        guard event > now || held.isEmpty || control.newlyOverdue(now: moment) else { return "an event of the past" }
        // Nobody may go before the timer fires.
        if event > now + 1, !held.isEmpty {
            let between = Int64.random(in: now + 1..<event, using: &random)
            if let early = reference.next(downTo: .low, now: between) { return "\(early) may go unseen at \(between)" }
        }
        return nil
    }

    private mutating func expire() -> String? {
        while control.takeThaw(now: moment) != nil {}
        while let departure = control.expire(now: moment) {
            let isFrozen = reference.thaw(departure.endpoint) > now
            guard (departure.refusal.reason == .frozen) == isFrozen else {
                return "expired as \(departure.refusal.reason)"
            }
            if let fault = forget(departure.ticket, expected: { _ in true }) { return fault }
        }
        return held.contains { (control.waiter($0.ticket)?.deadline ?? moment) <= moment } ? "waits too long" : nil
    }

    // MARK: Books

    private mutating func take(_ admission: Admission, _ call: AdmissionReference.Waiter) {
        reference.take(call.needs, cost: call.cost, id: call.id, now: now)
        flights.append(Flight(admission: admission, id: call.id, cost: call.cost, needs: call.needs))
    }

    private mutating func forget(
        _ ticket: Ticket, expected: (AdmissionReference.Waiter) -> Bool
    ) -> String? {
        guard let place = held.firstIndex(where: { $0.ticket == ticket }),
            let waiter = reference.waiters.first(where: { $0.id == held[place].id }), expected(waiter)
        else { return "the wrong call left" }
        held.remove(at: place)
        _ = reference.leave(waiter.id)
        return nil
    }

    private mutating func compare() -> String? {
        let snapshot = control.snapshot(now: moment)
        guard snapshot.length == held.count else { return "\(snapshot.length) in line, not \(held.count)" }
        for (limit, shown) in snapshot.limits.enumerated() where shown.settings.key.isEmpty {
            let used = reference.used(limit, now: now)
            guard shown.used == used else { return "\(shown.settings.name): \(shown.used ?? -1) used, not \(used)" }
        }
        let evictions = snapshot.limits.reduce(0) { $0 + $1.evictions }
        return evictions == reference.evictions ? nil : "\(evictions) evicted, not \(reference.evictions)"
    }

    private func made(_ endpoint: Int, _ keys: [Int?]) -> CallKeys {
        guard let keying = keyings[endpoint], let sources = Self.sources[endpoint] else { return .none }
        let made = try? keying.keys { source in sources.firstIndex(of: source).flatMap { keys[$0].map(String.init) } }
        return made ?? .none
    }

    private mutating func chance(_ of: Int) -> Int {
        Int(truncatingIfNeeded: random.next() >> 33) % of
    }
}

extension AdmissionControl {
    /// Whether somebody in line is to leave now.
    fileprivate func newlyOverdue(now: Instant) -> Bool {
        !tickets { $0.deadline <= now }.isEmpty
    }
}
