import NIOCore
import NIOPosix
import WeirCore
import WeirRuntime
import WeirSharing

/// One instance of a fleet on a loop, linked to a real Redis. Everything it is asked happens on the loop.
final class LinkedInstance: @unchecked Sendable {
    private let loop: any EventLoop
    private let settings: FleetSettings
    private var fleet: Fleet
    private var link: FleetLink?
    private var ended: [String] = []
    private var roundTrips = 0
    private var happened: [Fleet.Event] = []

    private init(_ algorithm: LimitSettings.Algorithm, settings: FleetSettings, on loop: any EventLoop) {
        self.loop = loop
        self.settings = settings
        fleet = Fleet([algorithm], settings: settings, now: loop.instant)
    }

    static func start(
        _ algorithm: LimitSettings.Algorithm, settings: FleetSettings, at address: RedisAddress, id: String
    ) async throws -> LinkedInstance {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await loop.submit {
            let made = LinkedInstance(algorithm, settings: settings, on: loop)
            made.connect(to: address, id: id)
            return made
        }.get()
    }

    private func connect(to address: RedisAddress, id: String) {
        let speaker = FleetSpeaker(
            connected: { [self] in fleet.connected() }, disconnected: { [self] _ in fleet.disconnected() },
            message: { [self] in fleet.message(now: $0) },
            answered: { [self] reply, sequence, now in
                roundTrips += 1
                if let reply {
                    _ = fleet.receive(reply, to: sequence, now: now)
                } else {
                    fleet.fail(sequence, now: now)
                }
            },
            advance: { [self] in
                let isBroken = fleet.advance(now: $0)
                happened += fleet.takeEvents()
                return isBroken
            }, nextEvent: { [self] in fleet.nextEvent(now: $0) })
        link = FleetLink(
            address: address, keys: FleetScript.keys(prefix: "test:", upstream: "u", limits: ["l"]), id: id,
            settings: settings, eventLoop: loop, speaker: speaker
        ) { [self] event in
            if case .ended(let reason) = event { ended.append(reason) }
        }
        link?.start()
    }

    struct State: Sendable {
        let isShared: Bool
        let isApart: Bool
        let ended: [String]
        let events: [Fleet.Event]
        let used: Int
        let roundTrips: Int
    }

    func state() async throws -> State {
        try await loop.submit { [self] in
            let isApart = if case .apart = fleet.limits[0].standing { true } else { false }
            return State(
                isShared: fleet.isShared, isApart: isApart, ended: ended, events: happened,
                used: fleet.usage(0, now: loop.instant).used, roundTrips: roundTrips)
        }.get()
    }

    /// Sends as many units as are admitted until `deadline`, at most `units`. Returns how many that were.
    func send(_ units: Int, within time: Duration = .seconds(2)) async throws -> Int {
        let deadline = ContinuousClock.now + time
        var sent = 0
        while sent < units, ContinuousClock.now < deadline {
            let missing = units - sent
            sent += try await loop.submit { [self] in
                let now = loop.instant
                var taken = 0
                while taken < missing, fleet.earliest(0, units: 1, now: now) <= now {
                    fleet.take(0, units: 1, now: now)
                    taken += 1
                }
                fleet.setWant(0, units: missing - taken, least: 1)
                link?.poke()
                return taken
            }.get()
            if sent < units { try await Task.sleep(for: .milliseconds(1)) }
        }
        try await loop.submit { [self] in fleet.setWant(0, units: 0, least: 0) }.get()
        return sent
    }

    func stop() async throws {
        try await loop.submit { [self] in link?.stop(saying: fleet.leave(now: loop.instant)) }.get()
    }

    /// Waits until a state holds; false where it does not within 5 s.
    func comes(_ condition: (State) -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            if condition(try await state()) { return true }
            try await Task.sleep(for: .milliseconds(2))
        }
        return false
    }
}
