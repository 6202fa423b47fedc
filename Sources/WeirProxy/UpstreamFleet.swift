package import NIOCore
package import WeirCore
package import WeirRuntime

/// How an upstream takes part in a fleet that shares some of its limits.
package struct UpstreamFleet: Sendable {
    let settings: FleetSettings
    let carrier: @Sendable (_ names: [String], _ speaker: FleetSpeaker, _ loop: any EventLoop) -> any FleetCarrier

    /// A part in a fleet of those settings.
    ///
    /// - Parameter carrier: makes what carries the words, for the shared limits of those names.
    package init(
        _ settings: FleetSettings,
        carrier:
            @escaping @Sendable (
                _ names: [String], _ speaker: FleetSpeaker, _ loop: any EventLoop
            ) -> any FleetCarrier
    ) {
        self.settings = settings
        self.carrier = carrier
    }
}

/// The part in the fleet.
extension Upstream {
    /// How the limits of `acting` begin with the fleet; nil: they are not shared.
    static func fleetStart(_ fleet: UpstreamFleet?, _ acting: UpstreamSettings, now: Instant) -> FleetStart? {
        // In shadow nothing waits, and so nobody could be granted anything.
        guard let fleet, acting.mode == .enforce else { return nil }
        return FleetStart(fleet.settings, endpoints: acting.endpoints.map(\.name), now: now)
    }

    /// Has what is said and heard carried, anew where other limits are shared than before.
    func joinFleet() {
        let names = limiter.onLoop { $0.isSharing ? $0.fleetNames : [] }
        guard let fleet, names != sharedNames else { return }
        leaveFleet()
        sharedNames = names
        guard !names.isEmpty else { return }
        let made = fleet.carrier(names, fleetSpeaker, eventLoop)
        carrier = made
        let bound = NIOLoopBound<any FleetCarrier>(made, eventLoop: eventLoop)
        limiter.onLoop { $0.callFleet { bound.value.poke() } }
        signals.whenStopped = { [weak self] scope, left, isBan, status in
            self?.tellFleet(scope, left, isBan, status)
        }
        made.start()
    }

    /// Takes leave of the fleet.
    func leaveFleet() {
        guard let carrier else { return }
        self.carrier = nil
        sharedNames = []
        signals.whenStopped = nil
        let now = now
        carrier.stop(saying: limiter.onLoop { $0.fleetFarewell(now: now) })
        limiter.onLoop { $0.callFleet(nil) }
    }

    private var fleetSpeaker: FleetSpeaker {
        FleetSpeaker(
            connected: { [limiter] in limiter.onLoop { $0.fleetConnected() } },
            disconnected: { [limiter] now in limiter.onLoop { $0.fleetDisconnected(now: now) } },
            message: { [limiter] now in limiter.onLoop { $0.fleetMessage(now: now) } },
            answered: { [weak self] reply, sequence, now in self?.heardFleet(reply, sequence, now: now) },
            advance: { [limiter] now in limiter.onLoop { $0.fleetAdvanced(now: now) } },
            nextEvent: { [limiter] now in limiter.onLoop { $0.fleetNextEvent(now: now) } })
    }

    /// Stops of the provider that others have met hold here as well.
    private func heardFleet(_ reply: FleetReply?, _ sequence: Int64, now: Instant) {
        let stops = limiter.onLoop { $0.fleetAnswered(reply, to: sequence, now: now) }
        for stop in stops {
            guard let scope = scope(named: stop.scope) else { continue }
            signals.heard(stop: now + stop.left, isBan: stop.isBan, status: stop.status, scope, now: now)
        }
    }

    private func tellFleet(_ scope: HoldScope, _ left: TimeSpan, _ isBan: Bool, _ status: Int) {
        let name =
            switch scope {
            case .upstream: ""
            case .endpoint(let index): endpoints.indices.contains(index) ? endpoints[index].settings.name : ""
            }
        let stop = FleetStop(scope: name, left: left, isBan: isBan, status: status)
        limiter.onLoop { $0.tellFleet(stop) }
    }

    private func scope(named name: String) -> HoldScope? {
        name.isEmpty ? .upstream : endpoint(named: name).map { .endpoint($0.index) }
    }
}
