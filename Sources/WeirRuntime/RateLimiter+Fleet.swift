internal import NIOCore
package import WeirCore

/// The limiter's part in a fleet that shares some of its limits. What it has to say is fetched by a carrier.
extension RateLimiter {
    /// Whether any limit is shared.
    package var isSharing: Bool { control.isSharing }

    /// The names of the shared limits, in the fleet's order.
    package var fleetNames: [String] { control.fleetNames }

    /// Has `poke` called, on the loop and soon, whenever there may be something to say; nil: nobody asks any more.
    package func callFleet(_ poke: (@Sendable () -> Void)?) {
        pokeFleet = poke
    }

    /// A connection to the server is ready.
    package func fleetConnected() {
        control.withFleet { $0.connected() }
    }

    /// The connection is gone. Whoever may go without an answer is told.
    package func fleetDisconnected(now: Instant) {
        control.withFleet { $0.disconnected() }
        armIfTurned(now: now)
    }

    /// What is to be said now.
    package func fleetMessage(now: Instant) -> FleetMessage? {
        control.fleetMessage(now: now)
    }

    /// The last word; nil where none is owed.
    package func fleetFarewell(now: Instant) -> FleetMessage? {
        control.withFleet { $0.leave(now: now) } ?? nil
    }

    /// The server has answered the message of that sequence, or (nil) failed at it. Returns the provider's stops that the
    /// others have told of. Whoever may go now is told.
    package func fleetAnswered(_ reply: FleetReply?, to sequence: Int64, now: Instant) -> [FleetStop] {
        let stops = control.withFleet { fleet -> [FleetStop] in
            guard let reply else {
                fleet.fail(sequence, now: now)
                return []
            }
            return fleet.receive(reply, to: sequence, now: now) ?? []
        }
        tellOfFleet()
        arm(now: now)
        return stops ?? []
    }

    /// Time has gone on. Returns whether the connection is no good. Whoever may go without an answer is told.
    package func fleetAdvanced(now: Instant) -> Bool {
        let isBroken = control.withFleet { $0.advance(now: now) } ?? false
        tellOfFleet()
        armIfTurned(now: now)
        return isBroken
    }

    /// When to look again.
    package func fleetNextEvent(now: Instant) -> Instant? {
        control.withFleet { $0.nextEvent(now: now) } ?? nil
    }

    /// Has the others told of a stop of the provider, of the scope of that name.
    package func tellFleet(_ stop: FleetStop) {
        control.withFleet { $0.tell(stop) }
        poke()
    }

    /// Has the carrier asked again once this turn of the loop is over: what comes together is said together.
    func poke() {
        guard let pokeFleet, !isPoking else { return }
        isPoking = true
        executor.loop.execute { [weak self] in
            self?.onLoop { $0.isPoking = false }
            pokeFleet()
        }
    }

    private func armIfTurned(now: Instant) {
        if control.withFleet({ $0.takeTurn() }) ?? false { arm(now: now) }
    }

    private func tellOfFleet() {
        let events = control.withFleet { $0.takeEvents() } ?? []
        for event in events {
            switch event {
            case .lost: emit(.fleetLost, .upstream)
            case .back: emit(.fleetBack, .upstream)
            }
        }
    }
}
