/// An entry in the books of places in flight. The generation makes it worthless once the places are free.
struct PlaceTicket: Hashable, Sendable {
    let slot: Int
    let generation: UInt32
}

/// The books of calls in flight that hold places of `concurrency` limits, so that each gives back what it took, once, and
/// under a changed configuration too.
struct HeldPlaces: Sendable {
    /// What one call in flight holds.
    enum Holding: Sendable {
        /// The places of all such limits that its endpoint has.
        case ofEndpoint(Int, CallKeys)
        /// These: the configuration has changed since it was admitted.
        case listed([HeldPlace])
    }

    private struct Slot {
        var holding: Holding?
        var generation: UInt32 = 0
    }

    private var slots: [Slot] = []
    private var vacant: [Int] = []

    /// Calls in flight that hold places.
    var count: Int { slots.count - vacant.count }

    /// Enters a call in flight.
    mutating func enter(endpoint: Int, keys: CallKeys) -> PlaceTicket {
        let slot = vacant.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].holding = .ofEndpoint(endpoint, keys)
        return PlaceTicket(slot: slot, generation: slots[slot].generation)
    }

    /// Strikes a call out and returns what it holds; nil where that was done before.
    mutating func strike(_ ticket: PlaceTicket) -> Holding? {
        guard slots.indices.contains(ticket.slot), slots[ticket.slot].generation == ticket.generation,
            let holding = slots[ticket.slot].holding
        else { return nil }
        slots[ticket.slot].holding = nil
        slots[ticket.slot].generation &+= 1
        vacant.append(ticket.slot)
        return holding
    }

    /// Rewrites what each call holds.
    mutating func rewrite(_ change: (Holding) -> [HeldPlace]) {
        for slot in slots.indices {
            guard let holding = slots[slot].holding else { continue }
            slots[slot].holding = .listed(change(holding))
        }
    }
}
