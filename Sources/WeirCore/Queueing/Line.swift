internal import HeapModule

/// A place in line. The generation makes a ticket worthless once its call has left.
public struct Ticket: Hashable, Sendable {
    let slot: Int
    let generation: UInt32
}

/// The calls that wait for admission, in order: by priority, and first come first served within a class.
///
/// Calls that need the same limits and keys stand in one lane, and there in a queue for each class; only its head can be
/// next. Joining and leaving take no search but one among the heads: the queues are linked through fixed slots.
public struct Line: Sendable {
    /// One waiting call.
    public struct Waiter: Sendable {
        /// Its endpoint's place.
        public internal(set) var endpoint: Int
        /// Its class.
        public let priority: Priority
        /// What it takes of every limit that counts it.
        public let cost: Int
        /// When it joined.
        public let joined: Instant
        /// When it stops waiting.
        public internal(set) var deadline: Instant
        /// When it would stop waiting for a limit.
        public let limitDeadline: Instant
        /// Whether a limit, and not only the want of a connection, held it back.
        public internal(set) var wasLimited: Bool
        /// Whether, when it joined, nothing was known to hold it back, and only the fleet was to be asked.
        let isAsking: Bool
        /// Its keys.
        var keys: CallKeys
        /// The need of its lane that it was expected to wait for longest; nil where none held it back.
        var bottleneck: Int?

        /// What it asks of the stack.
        var request: LimitStack.Request {
            LimitStack.Request(endpoint: endpoint, cost: cost, isCritical: priority == .critical, keys: keys)
        }
    }

    private struct Slot {
        var waiter: Waiter?
        var generation: UInt32 = 0
        var sequence: UInt64 = 0
        var lane = 0
        var previous: Int?
        var next: Int?
    }

    private struct Deadline: Comparable {
        let moment: Instant
        let ticket: Ticket

        static func < (left: Deadline, right: Deadline) -> Bool { left.moment < right.moment }
        static func == (left: Deadline, right: Deadline) -> Bool { left.ticket == right.ticket }
    }

    /// A queue that is not empty, by the number under which its head joined.
    private struct Head {
        let sequence: UInt64
        let lane: Int
    }

    /// Calls in line.
    public private(set) var count = 0
    /// Calls in line by class, indexed by `Priority.rawValue`.
    public private(set) var countByPriority = [Int](repeating: 0, count: Priority.allCases.count)
    /// Calls in line by endpoint.
    public private(set) var countByEndpoint: [Int]

    /// The lanes, those of calls without keys at their endpoint's place.
    private(set) var lanes: [Lane]
    private var vacantLanes: [Int] = []
    private var lanePlaces: [LaneName: Int] = [:]
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    /// The heads of each class, in the order in which they joined.
    private var heads = [[Head]](repeating: [], count: Priority.allCases.count)
    private var deadlines = Heap<Deadline>()
    private var sequence: UInt64 = 0

    private struct LaneName: Hashable {
        let endpoint: Int
        let keys: CallKeys
    }

    /// An empty line with the lanes of calls without keys, one for each endpoint.
    init(lanes: [Lane]) {
        self.lanes = lanes
        countByEndpoint = [Int](repeating: 0, count: lanes.count)
    }

    // MARK: Lanes

    /// The lane of such calls; nil where none is open.
    func lane(_ endpoint: Int, _ keys: CallKeys) -> Int? {
        if keys.count == 0 { return endpoint }
        return lanePlaces.isEmpty ? nil : lanePlaces[LaneName(endpoint: endpoint, keys: keys)]
    }

    /// Opens a lane that is not open.
    mutating func open(_ lane: Lane) -> Int {
        let place = vacantLanes.popLast() ?? lanes.count
        if place == lanes.count { lanes.append(lane) } else { lanes[place] = lane }
        lanePlaces[LaneName(endpoint: lane.endpoint, keys: lane.keys)] = place
        return place
    }

    /// Closes a lane of calls with keys in which nobody stands, and returns it; nil where it stays.
    mutating func closeIfEmpty(_ place: Int) -> Lane? {
        let lane = lanes[place]
        guard lane.count == 0, lane.keys.count > 0 else { return nil }
        lanePlaces[LaneName(endpoint: lane.endpoint, keys: lane.keys)] = nil
        vacantLanes.append(place)
        return lane
    }

    /// Counts units that the calls of a lane will take.
    mutating func add(_ count: Int, lane: Int, need: Int, priority: Priority, isBound: Bool) {
        lanes[lane].add(count, need: need, priority: priority, isBound: isBound)
    }

    // MARK: Calls

    /// How many queues of a class are not empty.
    func headCount(_ priority: Priority) -> Int {
        heads[priority.rawValue].count
    }

    /// The head of one of them, in the order in which they are served.
    func head(_ priority: Priority, _ place: Int) -> (lane: Int, ticket: Ticket)? {
        let lane = heads[priority.rawValue][place].lane
        return lanes[lane].queues[priority.rawValue].head.map { (lane, ticket(at: $0)) }
    }

    /// The waiter behind `ticket`; nil once it has left.
    public func waiter(_ ticket: Ticket) -> Waiter? {
        guard slots.indices.contains(ticket.slot), slots[ticket.slot].generation == ticket.generation else {
            return nil
        }
        return slots[ticket.slot].waiter
    }

    /// Notes that a limit holds this call in line back, which it waits for until `deadline`.
    mutating func markLimited(_ ticket: Ticket, until deadline: Instant) {
        slots[ticket.slot].waiter?.wasLimited = true
        slots[ticket.slot].waiter?.deadline = deadline
        deadlines.insert(Deadline(moment: deadline, ticket: ticket))
        dropStaleDeadlines()
    }

    /// Puts a call at the end of its queue in a lane.
    mutating func join(_ waiter: Waiter, lane: Int) -> Ticket {
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        sequence &+= 1
        slots[index].waiter = waiter
        slots[index].sequence = sequence
        enqueue(index, waiter, lane: lane)
        let ticket = ticket(at: index)
        deadlines.insert(Deadline(moment: waiter.deadline, ticket: ticket))
        return ticket
    }

    /// Takes a call out of line, wherever it stands. Returns it and its lane, or nil where it had left already.
    @discardableResult
    mutating func leave(_ ticket: Ticket) -> (waiter: Waiter, lane: Int)? {
        guard let waiter = waiter(ticket) else { return nil }
        let index = ticket.slot
        let lane = slots[index].lane
        dequeue(index, waiter)
        slots[index].waiter = nil
        slots[index].generation &+= 1
        freeSlots.append(index)
        dropStaleDeadlines()
        return (waiter, lane)
    }

    /// The earliest deadline of those in line.
    public var nextDeadline: Instant? {
        deadlines.min?.moment
    }

    /// A call whose deadline has come, if there is one.
    public func overdue(now: Instant) -> Ticket? {
        guard let first = deadlines.min, first.moment <= now else { return nil }
        return first.ticket
    }

    /// The newest call of the lowest class below `priority`, in `endpoint` alone where one is given.
    func newest(below priority: Priority, endpoint: Int? = nil) -> Ticket? {
        for candidate in Priority.allCases.reversed() where candidate < priority {
            var newest: Int?
            for head in heads[candidate.rawValue] where endpoint == nil || lanes[head.lane].endpoint == endpoint {
                guard let tail = lanes[head.lane].queues[candidate.rawValue].tail else { continue }
                if newest.map({ slots[$0].sequence < slots[tail].sequence }) ?? true { newest = tail }
            }
            if let newest { return ticket(at: newest) }
        }
        return nil
    }

    /// Every call in line that `isIncluded`, in the order in which they joined.
    public func tickets(where isIncluded: (Waiter) -> Bool) -> [Ticket] {
        let included = slots.indices.filter { slots[$0].waiter.map(isIncluded) ?? false }
        return included.sorted { slots[$0].sequence < slots[$1].sequence }.map(ticket(at:))
    }

    /// When the call that has waited longest joined.
    public var oldestJoined: Instant? {
        Priority.allCases.compactMap { priority in
            headCount(priority) > 0 ? head(priority, 0).flatMap { waiter($0.ticket)?.joined } : nil
        }.min()
    }

    // MARK: Other lanes

    /// Empties the line into other lanes' hands: every call stays behind its ticket, in no lane, to be put into one of
    /// these by `reenter`. Returns all tickets in the order in which they joined.
    mutating func exchange(lanes others: [Lane]) -> [Ticket] {
        let all = tickets { _ in true }
        lanes = others
        vacantLanes = []
        lanePlaces = [:]
        heads = [[Head]](repeating: [], count: Priority.allCases.count)
        count = 0
        countByPriority = [Int](repeating: 0, count: Priority.allCases.count)
        countByEndpoint = [Int](repeating: 0, count: others.count)
        return all
    }

    /// Puts a call back behind those that were put back before it.
    mutating func reenter(_ ticket: Ticket, as waiter: Waiter, lane: Int) {
        slots[ticket.slot].waiter = waiter
        enqueue(ticket.slot, waiter, lane: lane)
    }

    // MARK: Queues

    private func ticket(at index: Int) -> Ticket {
        Ticket(slot: index, generation: slots[index].generation)
    }

    private mutating func enqueue(_ index: Int, _ waiter: Waiter, lane: Int) {
        let rank = waiter.priority.rawValue
        let tail = lanes[lane].queues[rank].tail
        slots[index].lane = lane
        slots[index].previous = tail
        slots[index].next = nil
        if let tail { slots[tail].next = index } else { lanes[lane].queues[rank].head = index }
        lanes[lane].queues[rank].tail = index
        if tail == nil { enlist(lane, rank, head: index) }
        lanes[lane].count += 1
        count += 1
        countByPriority[rank] += 1
        countByEndpoint[waiter.endpoint] += 1
    }

    private mutating func dequeue(_ index: Int, _ waiter: Waiter) {
        let (previous, next, lane) = (slots[index].previous, slots[index].next, slots[index].lane)
        let rank = waiter.priority.rawValue
        if let previous { slots[previous].next = next } else { lanes[lane].queues[rank].head = next }
        if let next { slots[next].previous = previous } else { lanes[lane].queues[rank].tail = previous }
        if previous == nil {
            delist(rank, sequence: slots[index].sequence)
            if let next { enlist(lane, rank, head: next) }
        }
        lanes[lane].count -= 1
        count -= 1
        countByPriority[rank] -= 1
        countByEndpoint[waiter.endpoint] -= 1
    }

    private mutating func enlist(_ lane: Int, _ rank: Int, head: Int) {
        let sequence = slots[head].sequence
        heads[rank].insert(Head(sequence: sequence, lane: lane), at: position(rank, sequence))
    }

    private mutating func delist(_ rank: Int, sequence: UInt64) {
        heads[rank].remove(at: position(rank, sequence))
    }

    /// Where a head with that number stands, or would.
    private func position(_ rank: Int, _ sequence: UInt64) -> Int {
        var (low, high) = (0, heads[rank].count)
        while low < high {
            let middle = (low + high) / 2
            if heads[rank][middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Keeps the least deadline a live one, and the heap no larger than a small multiple of the line.
    private mutating func dropStaleDeadlines() {
        while let first = deadlines.min, isStale(first) {
            deadlines.removeMin()
        }
        if deadlines.count > 2 * count + 64 {
            deadlines = Heap(deadlines.unordered.filter { !isStale($0) })
        }
    }

    private func isStale(_ deadline: Deadline) -> Bool {
        slots[deadline.ticket.slot].generation != deadline.ticket.generation
            || slots[deadline.ticket.slot].waiter?.deadline != deadline.moment
    }
}
