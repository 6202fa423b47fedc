/// The part in a fleet that shares some of the limits.
extension AdmissionControl {
    /// Whether any limit is shared.
    package var isSharing: Bool { stack.fleet != nil }

    /// The names of the shared limits, in the fleet's order.
    package var fleetNames: [String] { stack.fleetNames }

    /// What happens to the part, and between it and the server; nil where no limit is shared.
    package mutating func withFleet<Result>(_ body: (inout Fleet) -> Result) -> Result? {
        guard var fleet = stack.fleet else { return nil }
        // Moved out and back, so that it is never copied.
        stack.fleet = nil
        let result = body(&fleet)
        stack.fleet = fleet
        return result
    }

    /// What is to be said to the server now, with what those in line want.
    package mutating func fleetMessage(now: Instant) -> FleetMessage? {
        noteWants(now: now)
        return withFleet { $0.message(now: now) } ?? nil
    }

    /// The call, which waits at least for an answer of the server where its endpoint shares anything. Asked twice at one
    /// moment it is the same.
    func withPatience(_ demand: Demand, now: Instant) -> Demand {
        guard let fleet = stack.fleet, stack.needs(of: demand.endpoint).contains(where: { stack.need($0).fleet != nil })
        else { return demand }
        var patient = demand
        patient.deadline = max(demand.deadline, now + fleet.settings.slack)
        patient.readyDeadline = max(demand.readyDeadline, patient.deadline)
        return patient
    }

    /// Whether nothing is known to hold a call back, and only the fleet is to be asked.
    mutating func onlyAsks(_ request: LimitStack.Request, ahead priority: Priority, now: Instant) -> Bool {
        guard holds.end(of: request.endpoint, joined: now) <= now else { return false }
        var need = 0
        for place in stack.needs(of: request.endpoint) {
            guard let (_, resource) = resource(at: place, request.keys) else { continue }
            defer { need += 1 }
            if let shared = stack.need(place).fleet {
                guard stack.fleet?.limits[shared].hasToAsk(now: now) ?? false else { return false }
            } else {
                let ahead = ahead(of: request, need: need, resource: resource, priority: priority)
                guard stack.earliest(place, request, ahead: ahead, now: now) <= now else { return false }
            }
        }
        return true
    }

    /// Whether the fleet had less than was wanted while a call was in line that came to ask it, or left it without an
    /// answer.
    func wasShort(_ waiter: Line.Waiter, now: Instant) -> Bool {
        guard let fleet = stack.fleet, now - waiter.joined <= fleet.settings.slack else { return true }
        return stack.needs(of: waiter.endpoint).contains { place in
            stack.need(place).fleet.flatMap { fleet.limits[$0].lastShortage }.map { $0 >= waiter.joined } ?? false
        }
    }

    /// Wanted is what those need who could go if the fleet let them.
    private mutating func noteWants(now: Instant) {
        guard let fleet = stack.fleet else { return }
        var wants = [(units: Int, least: Int)](repeating: (0, .max), count: fleet.limits.count)
        for priority in Priority.allCases {
            for place in 0..<line.headCount(priority) {
                guard let (lane, ticket) = line.head(priority, place), let waiter = line.waiter(ticket),
                    fitsApartFromFleet(waiter, lane: lane, now: now)
                else { continue }
                for (index, need) in line.lanes[lane].needs.enumerated() {
                    guard let shared = stack.need(need.place).fleet else { continue }
                    wants[shared].units += line.lanes[lane].units(need: index, priority: priority)
                    wants[shared].least = min(wants[shared].least, stack.units(need.place, waiter.request))
                }
            }
        }
        for (limit, want) in wants.enumerated() {
            let missing = max(0, want.units - fleet.limits[limit].usable(now: now))
            stack.fleet?.setWant(limit, units: missing, least: min(want.least, max(1, missing)))
        }
    }

    private mutating func fitsApartFromFleet(_ waiter: Line.Waiter, lane: Int, now: Instant) -> Bool {
        guard holds.end(of: waiter.endpoint, joined: waiter.joined) <= now else { return false }
        for need in line.lanes[lane].needs where stack.need(need.place).fleet == nil {
            if stack.earliest(need.place, waiter.request, now: now) > now { return false }
        }
        return true
    }
}
