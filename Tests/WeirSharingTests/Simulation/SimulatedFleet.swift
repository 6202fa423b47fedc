import WeirCore
import WeirSharing

/// A fleet in virtual time around the very script in a real Redis: messages are late, lost and doubled, instances
/// crash, are cut off and come back, the server stops, dies and begins anew. Every unit that is sent is noted.
final class SimulatedFleet {
    struct Faults {
        var loss = 0.0
        var duplication = 0.0
        /// The longest a message takes one way, in µs.
        var delay: Int64 = 1000
        /// How often, per second of virtual time.
        var cuts = 0.0
        var crashes = 0.0
        var stops = 0.0
        var restarts = 0.0
    }

    private final class Node {
        var fleet: Fleet
        var id: String
        /// The local clock less the true one, in ns.
        var offset: Int64
        var backlog: [Int] = []
        /// Calls per second.
        var pace: Double
        var isCut = false
        var run: String?
        var incarnation: Int
        var wake: Int64 = .max

        init(fleet: Fleet, id: String, offset: Int64, pace: Double, incarnation: Int) {
            (self.fleet, self.id, self.offset, self.pace) = (fleet, id, offset, pace)
            self.incarnation = incarnation
        }
    }

    /// What went to the upstream.
    struct Sending {
        let at: Int64
        let node: Int
        let units: Int
        /// When the upstream has done with it; of interest where places count.
        var end: Int64
    }

    private enum Event {
        case call(node: Int)
        case done(node: Int, incarnation: Int)
        case wake(node: Int)
        case arrive(node: Int, incarnation: Int, message: FleetMessage, id: String, run: String)
        case answer(node: Int, incarnation: Int, reply: FleetReply, sequence: Int64)
        case connected(node: Int, incarnation: Int)
        case fault
        case mend(node: Int)
        case resume
        case rise(keepsData: Bool)
        case reborn(node: Int)
    }

    /// Longer than anything counts, in µs.
    private let memory: Int64 = 3_000_000
    private let algorithm: LimitSettings.Algorithm
    private let settings: FleetSettings
    private let faults: Faults
    private let pace: Double
    private let costs: ClosedRange<Int>
    private let script: ScriptAtATime
    private let keys: [String]
    private var random: Random
    private var nodes: [Node?] = []
    private var queue: [(at: Int64, order: Int, event: Event)] = []
    private var order = 0
    private var now: Int64 = 1_000_000
    private var run = "run1"
    private var runs = 1
    private var isUp = true
    private var isStopped = false
    private var held: [Event] = []
    private var births = 0
    private var lastCrash = Int64.min / 2
    private var lastRise = Int64.min / 2
    private let serverOffset: Int64 = 1_795_000_000_000_000
    private(set) var sends: [Sending] = []
    private(set) var messages = 0

    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    init(
        _ algorithm: LimitSettings.Algorithm, settings: FleetSettings, running: Int, faults: Faults, pace: Double,
        costs: ClosedRange<Int>, seed: UInt64, script: ScriptAtATime
    ) {
        self.algorithm = algorithm
        self.settings = settings
        self.faults = faults
        self.pace = pace
        self.costs = costs
        self.script = script
        random = Random(state: seed)
        keys = FleetScript.keys(prefix: "sim\(seed):", upstream: "u", limits: ["l"])
        for node in 0..<running {
            nodes.append(born(pace: pace * (node == 0 ? 1 : Double.random(in: 0.3...1.2, using: &random))))
        }
        for node in nodes.indices {
            connect(node)
            schedule(1, .call(node: node))
        }
        if faults.cuts + faults.crashes + faults.stops + faults.restarts > 0 { schedule(1_000_000, .fault) }
    }

    /// Runs until so many calls have been sent and so much time, in µs, has gone by. Returns the time that took.
    func run(calls: Int, least: Int64) throws -> Int64 {
        let begun = now
        while sends.count < calls || now - begun < least, let next = pop() {
            now = next.at
            try handle(next.event)
        }
        _ = try script.redis.call(["DEL"] + keys)
        return now - begun
    }

    func sent(by node: Int) -> Int { sends.reduce(0) { $1.node == node ? $0 + $1.units : $0 } }

    // MARK: Events

    private func handle(_ event: Event) throws {
        switch event {
        case .call(let node):
            if let instance = nodes[node] {
                instance.backlog.append(Int.random(in: costs, using: &random))
                if instance.backlog.count > 60 { instance.backlog.removeFirst(30) }
                pump(node)
                // Calls come in busy and quiet times.
                if Double.random(in: 0...1, using: &random) < 0.0005 {
                    instance.pace = pace * ([0.02, 0.3, 2, 5].randomElement(using: &random) ?? 1)
                }
            }
            let pace = nodes[node]?.pace ?? 100
            schedule(Int64(Double.random(in: 0.2...1.8, using: &random) / pace * 1_000_000), .call(node: node))
        case .done(let node, let incarnation):
            guard let instance = nodes[node], instance.incarnation == incarnation else { return }
            instance.fleet.release(0)
            pump(node)
        case .wake(let node):
            if let instance = nodes[node], instance.wake == now { instance.wake = .max }
            pump(node)
        case .arrive(let node, let incarnation, let message, let id, let run):
            guard isUp, run == self.run else { return }
            guard !isStopped else { return held.append(event) }
            messages += 1
            guard
                let reply = try script.run(
                    message, keys: message.limits.isEmpty ? [keys[0]] : keys, id: id, run: run, settings: settings,
                    at: now + serverOffset)
            else { return }
            travel(.answer(node: node, incarnation: incarnation, reply: reply, sequence: message.sequence), node: node)
        case .answer(let node, let incarnation, let reply, let sequence):
            guard let instance = nodes[node], instance.incarnation == incarnation else { return }
            _ = instance.fleet.receive(reply, to: sequence, now: local(instance))
            pump(node)
        case .connected(let node, let incarnation):
            guard let instance = nodes[node], instance.incarnation == incarnation else { return }
            guard isUp, !isStopped, !instance.isCut else { return connect(node) }
            instance.run = run
            instance.fleet.connected()
            pump(node)
        case .fault:
            strike()
            let rate = faults.cuts + faults.crashes + faults.stops + faults.restarts
            schedule(Int64(Double.random(in: 0...2, using: &random) / rate * 1_000_000), .fault)
        case .mend(let node):
            nodes[node]?.isCut = false
        case .resume:
            isStopped = false
            let waiting = held
            held = []
            for event in waiting { schedule(Int64.random(in: 0...500, using: &random), event) }
        case .rise(let keepsData):
            if !keepsData { _ = try script.redis.call(["DEL"] + keys) }
            runs += 1
            run = "run\(runs)"
            isUp = true
            lastRise = now
        case .reborn(let node):
            nodes[node] = born(pace: pace)
            connect(node)
        }
    }

    private func strike() {
        let total = faults.cuts + faults.crashes + faults.stops + faults.restarts
        var dice = Double.random(in: 0..<total, using: &random)
        let node = Int.random(in: nodes.indices, using: &random)
        if dice < faults.cuts {
            guard let instance = nodes[node], !instance.isCut, instance.fleet.isShared else { return }
            instance.isCut = true
            schedule(Int64.random(in: 10_000...4_000_000, using: &random), .mend(node: node))
            return
        }
        dice -= faults.cuts
        if dice < faults.crashes {
            // What a process has used and the server forgets before it has gone, nobody knows: see the decision record.
            guard nodes[node]?.fleet.isShared == true, isUp, now - lastRise > memory else { return }
            nodes[node] = nil
            lastCrash = now
            for place in sends.indices where sends[place].node == node { sends[place].end = min(sends[place].end, now) }
            schedule(Int64.random(in: 10_000...3_000_000, using: &random), .reborn(node: node))
            return
        }
        dice -= faults.crashes
        guard isUp, !isStopped else { return }
        if dice < faults.stops {
            isStopped = true
            schedule(Int64.random(in: 5_000...2_000_000, using: &random), .resume)
        } else if now - lastCrash > memory {
            isUp = false
            for node in nodes.indices { hangUp(node) }
            schedule(
                Int64.random(in: 10_000...3_000_000, using: &random), .rise(keepsData: Bool.random(using: &random)))
        }
    }

    // MARK: An instance

    private func born(pace: Double) -> Node {
        births += 1
        let offset = Int64.random(in: 0...1_000_000_000_000, using: &random)
        let local = Instant(nanoseconds: now * 1000 + offset)
        var fleet = Fleet([algorithm], settings: settings, now: local)
        fleet.setWallOffset(TimeSpan(nanoseconds: serverOffset * 1000 - offset))
        return Node(
            fleet: fleet, id: "node\(births)", offset: offset, pace: pace,
            incarnation: births)
    }

    private func local(_ instance: Node) -> Instant {
        Instant(nanoseconds: now * 1000 + instance.offset)
    }

    private func pump(_ node: Int) {
        guard let instance = nodes[node] else { return }
        let moment = local(instance)
        if instance.fleet.advance(now: moment) { hangUp(node) }
        var next: Instant?
        while let units = instance.backlog.first {
            let earliest = instance.fleet.earliest(0, units: units, now: moment)
            guard earliest <= moment else {
                next = earliest < .distantFuture ? earliest : nil
                break
            }
            instance.fleet.take(0, units: units, now: moment)
            instance.backlog.removeFirst()
            let lasts = Int64.random(in: 1000...60_000, using: &random)
            sends.append(Sending(at: now, node: node, units: units, end: now + lasts))
            if case .concurrency = algorithm {
                schedule(lasts, .done(node: node, incarnation: instance.incarnation))
            }
        }
        instance.fleet.setWant(0, units: instance.backlog.reduce(0, +), least: instance.backlog.first ?? 0)
        if let run = instance.run, let message = instance.fleet.message(now: moment) {
            let event = Event.arrive(
                node: node, incarnation: instance.incarnation, message: message, id: instance.id, run: run)
            travel(event, node: node)
        }
        if let soonest = [next, instance.fleet.nextEvent(now: moment)].compactMap(\.self).min() {
            let at = max(now + 1, (soonest.nanoseconds - instance.offset + 999) / 1000)
            if at < instance.wake {
                instance.wake = at
                schedule(at - now, .wake(node: node))
            }
        }
    }

    private func hangUp(_ node: Int) {
        guard let instance = nodes[node] else { return }
        instance.fleet.disconnected()
        instance.run = nil
        connect(node)
    }

    private func connect(_ node: Int) {
        guard let instance = nodes[node] else { return }
        schedule(
            Int64.random(in: 1000...100_000, using: &random),
            .connected(node: node, incarnation: instance.incarnation))
    }

    // MARK: The way between

    private func travel(_ event: Event, node: Int) {
        guard nodes[node]?.isCut == false || Double.random(in: 0...1, using: &random) < 0.01 else { return }
        guard Double.random(in: 0..<1, using: &random) >= faults.loss else { return }
        let copies = Double.random(in: 0..<1, using: &random) < faults.duplication ? 2 : 1
        for _ in 0..<copies {
            // Mostly quick, sometimes very late.
            let isLate = faults.loss > 0 && Double.random(in: 0...1, using: &random) < 0.01
            let longest = isLate ? 200_000 : faults.delay
            schedule(Int64.random(in: 50...max(51, longest), using: &random), event)
        }
    }

    // MARK: The queue: a binary heap

    private func schedule(_ after: Int64, _ event: Event) {
        order += 1
        queue.append((now + max(1, after), order, event))
        var child = queue.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            queue.swapAt(child, parent)
            child = parent
        }
    }

    private func pop() -> (at: Int64, order: Int, event: Event)? {
        guard !queue.isEmpty else { return nil }
        queue.swapAt(0, queue.count - 1)
        let first = queue.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < queue.count && isBefore(child, least) {
                least = child
            }
            guard least != parent else { return first }
            queue.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (queue[left].at, queue[left].order) < (queue[right].at, queue[right].order)
    }
}
