import Testing
import WeirSharing
import WeirTestKit

@testable import WeirCore

/// Two instances of a fleet of two, past its beginning.
final class InstancePair {
    private static let memory = TimeSpan.seconds(10)

    let settings = FleetSettings(instances: 2, slack: .milliseconds(50))
    let kind: FleetMessage.Kind
    let capacity: Int
    private let server: RedisServer
    let script: ScriptAtATime
    private var sequence: Int64 = 0
    var now: Int64 = 1_795_000_000_000_000

    init(_ kind: FleetMessage.Kind, capacity: Int) throws {
        self.kind = kind
        self.capacity = capacity
        server = try RedisServer()
        script = try ScriptAtATime(SyncRedis(path: server.path))
        for id in ["a", "b"] { _ = try say(.join, id) }
        now += 100_000
        for id in ["a", "b"] { _ = try say(.ask, id) }
    }

    func say(
        _ verb: FleetMessage.Verb, _ id: String, want: Int = 0, least: Int = 0, room: Int = 0, held: Int = 0,
        list: [(Int64, Int)] = [], floor: Int = 0, lease: TimeSpan = .seconds(3600), sequence given: Int64? = nil,
        run: String = "r", stops: [FleetStop] = [], late: Int64 = 0
    ) throws -> FleetReply {
        sequence += 1
        let limit = FleetMessage.Limit(
            kind: kind, capacity: capacity, floor: floor, want: want, least: least, room: room, held: held,
            list: list.map { FleetMessage.Entry(moment: $0.0, units: $0.1) })
        let message = FleetMessage(
            verb: verb, sequence: given ?? sequence, deadline: now - late, lease: lease,
            memory: Self.memory, limits: [limit], stops: stops)
        let reply = try script.run(
            message, keys: FleetScript.keys(prefix: "", upstream: "u", limits: ["l"]), id: id, run: run,
            settings: settings, at: now)
        return try #require(reply)
    }

    /// Asks for units; returns those granted and in how many µs to ask again.
    func ask(_ id: String, _ want: Int, least: Int = 1, held: Int = 0) throws -> (granted: Int, wait: Int64) {
        let reply = try say(.ask, id, want: want, least: least, held: held)
        let decision = try #require(reply.decisions.first)
        return (decision.granted, decision.retry == 0 ? 0 : decision.retry - now)
    }
}
