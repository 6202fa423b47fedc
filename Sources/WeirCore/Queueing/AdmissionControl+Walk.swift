/// Who is next: the walk along the heads of the line.
extension AdmissionControl {
    /// Walks the heads of the line, down to a class, up to the first that the limits admit and that stands behind
    /// nobody. On the way it marks what those before it wait for; `turn` is when one of them may go.
    mutating func walk(downTo lowest: Priority, now: Instant) -> (next: Ticket?, turn: Instant?) {
        backlog.unmark()
        var turn: Instant?
        for rank in 0...lowest.rawValue {
            guard let priority = Priority(rawValue: rank) else { break }
            var place = 0
            while place < line.headCount(priority) {
                guard let (lane, ticket) = line.head(priority, place), let waiter = line.waiter(ticket) else { break }
                place += 1
                if mode == .shadow { return (ticket, nil) }
                let (earliest, rejects) = look(at: waiter, lane: lane, now: now)
                if earliest <= now { return (ticket, turn) }
                if earliest < .distantFuture { turn = min(turn ?? earliest, earliest) }
                noteLimited(ticket, waiter, rejects: rejects, now: now)
            }
        }
        return (nil, turn)
    }

    /// When a head fits, and nobody before it waits any longer for what it needs; and whether what keeps it lets nobody
    /// wait. What it lacks is marked.
    mutating func look(
        at waiter: Line.Waiter, lane: Int, now: Instant
    ) -> (earliest: Instant, rejects: Bool) {
        let request = waiter.request
        var rejects = false
        var earliest = max(now, holds.end(of: waiter.endpoint, joined: waiter.joined))
        for need in line.lanes[lane].needs {
            let fitting = stack.earliest(need.place, request, now: now)
            let free = backlog.isMarked(need.resource) ? max(fitting, backlog.clearing(need.resource)) : fitting
            if free > now, stack.onLimit(need.place) == .reject { rejects = true }
            if fitting > now { backlog.mark(need.resource, until: fitting) }
            earliest = max(earliest, free)
        }
        return (earliest, rejects)
    }

    /// A call that waited for a connection alone may find its limits used up by those of a higher class: from then on it
    /// waits for them, by their rules.
    mutating func noteLimited(_ ticket: Ticket, _ waiter: Line.Waiter, rejects: Bool, now: Instant) {
        guard !waiter.wasLimited else { return }
        line.markLimited(ticket, until: rejects ? now : waiter.limitDeadline)
        newlyLimited.append(waiter.endpoint)
    }

    func isBehindSomebody(_ demand: Demand) -> Bool {
        for place in stack.needs(of: demand.endpoint) {
            guard let (_, resource) = resource(at: place, demand.keys) else { continue }
            if let resource, backlog.isMarked(resource) { return true }
        }
        return false
    }
}
