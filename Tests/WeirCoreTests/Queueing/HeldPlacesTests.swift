import Testing

@testable import WeirCore

@Suite("Books of places in flight")
struct HeldPlacesTests {
    private let keys = CallKeys(LimitKey(digest: KeyDigest(first: 1, second: 2), tier: 0))

    @Test("Each call is struck out once, with what it holds")
    func once() {
        var places = HeldPlaces()
        let plain = places.enter(endpoint: 3, keys: .none)
        let keyed = places.enter(endpoint: 4, keys: keys)
        #expect(places.count == 2)
        guard case .ofEndpoint(3) = places.strike(plain), case .nothing = places.strike(plain),
            case .other = places.strike(keyed), case .nothing = places.strike(keyed)
        else {
            Issue.record("struck out otherwise, or twice")
            return
        }
        guard case .ofEndpoint(4, keys) = places.takeOther(keyed) else {
            Issue.record("another call's places")
            return
        }
        let isTwice = places.takeOther(keyed) != nil
        #expect(!isTwice)
        #expect(places.count == 0)
    }

    @Test("Books of so many calls at a time stay so long, and an old ticket strikes out no later call")
    func reuse() {
        var places = HeldPlaces()
        var old: [PlaceTicket] = []
        for round in 0..<100 {
            let tickets = [places.enter(endpoint: round, keys: .none), places.enter(endpoint: round, keys: keys)]
            #expect(tickets.allSatisfy { $0.slot < 2 })
            #expect(tickets[0].slot != tickets[1].slot)
            for ticket in old {
                guard case .nothing = places.strike(ticket) else {
                    Issue.record("struck out by an old ticket")
                    return
                }
            }
            for ticket in tickets where places.isOther(ticket) { _ = places.takeOther(ticket) }
            #expect(places.count == 0)
            old = tickets
        }
    }

    @Test("What is rewritten is listed; who has left is not")
    func rewrite() {
        var places = HeldPlaces()
        let tickets = [
            places.enter(endpoint: 0, keys: .none), places.enter(endpoint: 1, keys: keys),
            places.enter(endpoint: 2, keys: .none),
        ]
        _ = places.strike(tickets[2])
        for round in 1...2 {
            places.rewrite { holding in
                switch holding {
                case .ofEndpoint(let endpoint, let keys):
                    [HeldPlace(limit: endpoint * 10, key: keys[0])]
                case .listed(let held):
                    held.map { HeldPlace(limit: $0.limit + 1, key: $0.key) }
                }
            }
            #expect(places.count == 2, "round \(round)")
        }
        for (number, ticket) in tickets.prefix(2).enumerated() {
            guard case .other = places.strike(ticket), case .listed(let held) = places.takeOther(ticket) else {
                Issue.record("not listed")
                return
            }
            #expect(held.map(\.limit) == [number * 10 + 1])
            #expect(held.map(\.key) == [number == 0 ? nil : keys[0]])
        }
        guard case .nothing = places.strike(tickets[2]) else {
            Issue.record("struck out twice")
            return
        }
    }
}

extension HeldPlaces {
    /// Strikes a call out; whether `takeOther` has what it held.
    fileprivate mutating func isOther(_ ticket: PlaceTicket) -> Bool {
        if case .other = strike(ticket) { true } else { false }
    }
}
