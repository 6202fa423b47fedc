internal import HeapModule

/// A place in line. The generation makes a ticket worthless once its call has left.
public struct Ticket: Hashable, Sendable {
    let slot: Int
    let generation: UInt32
}

/// The calls that wait for admission, in order: by priority, and first come first served within a class.
///
/// Calls of one endpoint and one class stand in one queue, since they need the same limits; only its head can be next.
/// Joining, leaving and finding the heads take no search: the queues are linked through fixed slots.
public struct Line: Sendable {
    /// One waiting call.
    public struct Waiter: Sendable {
        /// Its endpoint's place.
        public let endpoint: Int
        /// Its class.
        public let priority: Priority
        /// What it takes of every limit.
        public let cost: Int
        /// When it joined.
        public let joined: Instant
        /// When it stops waiting.
        public internal(set) var deadline: Instant
        /// When it would stop waiting for a limit.
        public let limitDeadline: Instant
        /// Whether a limit, and not only the want of a connection, held it back.
        public internal(set) var wasLimited: Bool
        /// The limit that it was expected to wait for longest; nil where none held it back.
        public let bottleneck: Int?
    }

    private struct Slot {
        var waiter: Waiter?
        var generation: UInt32 = 0
        var sequence: UInt64 = 0
        var previous: Int?
        var next: Int?
    }

    private struct Queue {
        var head: Int?
        var tail: Int?
    }

    private struct Deadline: Comparable {
        let moment: Instant
        let ticket: Ticket

        static func < (left: Deadline, right: Deadline) -> Bool { left.moment < right.moment }
        static func == (left: Deadline, right: Deadline) -> Bool { left.ticket == right.ticket }
    }

    /// Calls in line.
    public private(set) var count = 0
    /// Calls in line by class, indexed by `Priority.rawValue`.
    public private(set) var countByPriority = [Int](repeating: 0, count: Priority.allCases.count)
    /// Calls in line by endpoint.
    public private(set) var countByEndpoint: [Int]

    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var queues: [Queue]
    /// The queues that are not empty, in the order of their heads.
    private var order: [Int] = []
    private var deadlines = Heap<Deadline>()
    private var sequence: UInt64 = 0

    /// An empty line for calls to `endpoints` endpoints.
    public init(endpoints: Int) {
        countByEndpoint = [Int](repeating: 0, count: endpoints)
        queues = [Queue](repeating: Queue(), count: endpoints * Priority.allCases.count)
    }

    /// The head of each queue in the order in which they are served.
    public var heads: [Ticket] {
        order.compactMap { queues[$0].head.map(ticket(at:)) }
    }

    /// The waiter behind `ticket`; nil once it has left.
    public func waiter(_ ticket: Ticket) -> Waiter? {
        guard slots.indices.contains(ticket.slot), slots[ticket.slot].generation == ticket.generation else {
            return nil
        }
        return slots[ticket.slot].waiter
    }

    /// Notes that a limit holds this call back, which it waits for until `deadline`. Returns whether that is news.
    mutating func markLimited(_ ticket: Ticket, until deadline: Instant) -> Bool {
        guard let waiter = waiter(ticket), !waiter.wasLimited else { return false }
        slots[ticket.slot].waiter?.wasLimited = true
        slots[ticket.slot].waiter?.deadline = deadline
        deadlines.insert(Deadline(moment: deadline, ticket: ticket))
        return true
    }

    /// Puts a call at the end of its queue.
    public mutating func join(_ waiter: Waiter) -> Ticket {
        let index = freeSlots.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        sequence &+= 1
        let group = queue(of: waiter)
        let tail = queues[group].tail
        slots[index].waiter = waiter
        slots[index].sequence = sequence
        slots[index].previous = tail
        slots[index].next = nil
        if let tail { slots[tail].next = index } else { queues[group].head = index }
        queues[group].tail = index
        if tail == nil { enlist(group) }
        count += 1
        countByPriority[waiter.priority.rawValue] += 1
        countByEndpoint[waiter.endpoint] += 1
        let ticket = ticket(at: index)
        deadlines.insert(Deadline(moment: waiter.deadline, ticket: ticket))
        return ticket
    }

    /// Takes a call out of line, wherever it stands. Returns it, or nil where it had left already.
    @discardableResult
    public mutating func leave(_ ticket: Ticket) -> Waiter? {
        guard let waiter = waiter(ticket) else { return nil }
        let index = ticket.slot
        let group = queue(of: waiter)
        let (previous, next) = (slots[index].previous, slots[index].next)
        if let previous { slots[previous].next = next } else { queues[group].head = next }
        if let next { slots[next].previous = previous } else { queues[group].tail = previous }
        slots[index].waiter = nil
        slots[index].generation &+= 1
        freeSlots.append(index)
        if previous == nil {
            order.removeAll { $0 == group }
            if next != nil { enlist(group) }
        }
        count -= 1
        countByPriority[waiter.priority.rawValue] -= 1
        countByEndpoint[waiter.endpoint] -= 1
        dropStaleDeadlines()
        return waiter
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
    public func newest(below priority: Priority, endpoint: Int? = nil) -> Ticket? {
        for candidate in Priority.allCases.reversed() where candidate < priority {
            let endpoints = endpoint.map { $0..<$0 + 1 } ?? countByEndpoint.indices
            let tails = endpoints.compactMap { queues[$0 * Priority.allCases.count + candidate.rawValue].tail }
            if let newest = tails.max(by: { slots[$0].sequence < slots[$1].sequence }) {
                return ticket(at: newest)
            }
        }
        return nil
    }

    /// Every call in line that `isIncluded`, in no particular order.
    public func tickets(where isIncluded: (Waiter) -> Bool) -> [Ticket] {
        slots.indices.filter { slots[$0].waiter.map(isIncluded) ?? false }.map(ticket(at:))
    }

    /// When the call that has waited longest joined.
    public var oldestJoined: Instant? {
        order.compactMap { queues[$0].head.flatMap { slots[$0].waiter?.joined } }.min()
    }

    private func ticket(at index: Int) -> Ticket {
        Ticket(slot: index, generation: slots[index].generation)
    }

    private func queue(of waiter: Waiter) -> Int {
        waiter.endpoint * Priority.allCases.count + waiter.priority.rawValue
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let classes = Priority.allCases.count
        guard left % classes == right % classes else { return left % classes < right % classes }
        let leftSequence = queues[left].head.map { slots[$0].sequence } ?? .max
        let rightSequence = queues[right].head.map { slots[$0].sequence } ?? .max
        return leftSequence < rightSequence
    }

    private mutating func enlist(_ group: Int) {
        let position = order.firstIndex { precedes(group, $0) } ?? order.endIndex
        order.insert(group, at: position)
    }

    /// Keeps the least deadline a live one, and the heap no larger than a small multiple of the line.
    private mutating func dropStaleDeadlines() {
        while let first = deadlines.min, waiter(first.ticket) == nil {
            deadlines.removeMin()
        }
        if deadlines.count > 2 * count + 64 {
            deadlines = Heap(deadlines.unordered.filter { waiter($0.ticket) != nil })
        }
    }
}
