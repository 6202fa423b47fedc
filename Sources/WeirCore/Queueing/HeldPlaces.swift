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

    /// What a call held that was struck out. Nearly all hold what their endpoint has, and no keys: that is told at once.
    enum Struck {
        /// It was struck out before.
        case nothing
        case ofEndpoint(Int)
        /// `takeOther` has it.
        case other
    }

    private enum Content {
        /// Nobody's, and which slot is vacant besides.
        case vacant(next: Int?)
        case ofEndpoint(Int)
        /// What `others` has for the slot.
        case other
    }

    private struct Slot {
        var content: Content
        var generation: UInt32 = 0
    }

    private var slots: ContiguousArray<Slot> = []
    /// By slot, as far as there are any.
    private var others: ContiguousArray<Holding?> = []
    private var vacant: Int?
    /// Calls in flight that hold places.
    private(set) var count = 0

    /// Enters a call in flight.
    mutating func enter(endpoint: Int, keys: CallKeys) -> PlaceTicket {
        count += 1
        let ticket: PlaceTicket
        if let slot = vacant, case .vacant(let next) = slots[slot].content {
            ticket = PlaceTicket(slot: slot, generation: slots[slot].generation)
            vacant = next
            slots[slot].content = .ofEndpoint(endpoint)
        } else {
            ticket = PlaceTicket(slot: slots.count, generation: 0)
            slots.append(Slot(content: .ofEndpoint(endpoint)))
        }
        if keys.count > 0 { keep(.ofEndpoint(endpoint, keys), ticket.slot) }
        return ticket
    }

    /// Whether a call is in the books.
    func isEntered(_ ticket: PlaceTicket) -> Bool {
        guard slots.indices.contains(ticket.slot), slots[ticket.slot].generation == ticket.generation else {
            return false
        }
        if case .vacant = slots[ticket.slot].content { return false }
        return true
    }

    /// Strikes a call out and returns what it held.
    mutating func strike(_ ticket: PlaceTicket) -> Struck {
        guard slots.indices.contains(ticket.slot), slots[ticket.slot].generation == ticket.generation else {
            return .nothing
        }
        let struck: Struck
        switch slots[ticket.slot].content {
        case .vacant: return .nothing
        case .ofEndpoint(let endpoint): struck = .ofEndpoint(endpoint)
        case .other: struck = .other
        }
        slots[ticket.slot] = Slot(content: .vacant(next: vacant), generation: ticket.generation &+ 1)
        vacant = ticket.slot
        count -= 1
        return struck
    }

    /// What a call held that was struck out as `other`; once.
    mutating func takeOther(_ ticket: PlaceTicket) -> Holding? {
        defer { others[ticket.slot] = nil }
        return others[ticket.slot]
    }

    /// Rewrites what each call holds.
    mutating func rewrite(_ change: (Holding) -> [HeldPlace]) {
        for slot in slots.indices {
            switch slots[slot].content {
            case .vacant: continue
            case .ofEndpoint(let endpoint): keep(.listed(change(.ofEndpoint(endpoint, .none))), slot)
            case .other: others[slot] = others[slot].map { .listed(change($0)) }
            }
        }
    }

    private mutating func keep(_ holding: Holding, _ slot: Int) {
        while others.count <= slot { others.append(nil) }
        others[slot] = holding
        slots[slot].content = .other
    }
}
