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

    /// The call, which waits at least for an answer of the server where its endpoint shares anything.
    func withPatience(_ demand: Demand, now: Instant) -> Demand {
        guard let fleet = stack.fleet, stack.needs(of: demand.endpoint).contains(where: { stack.need($0).fleet != nil })
        else { return demand }
        var patient = demand
        patient.deadline = max(demand.deadline, now + fleet.settings.slack)
        patient.readyDeadline = max(demand.readyDeadline, patient.deadline)
        return patient
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
