import WeirCore
import WeirSharing

/// The fleet's script in a real Redis, told the time: the one line that asks the clock is another.
struct ScriptAtATime {
    private static let clockLine = "local clock = redis.call('TIME')"

    let redis: SyncRedis
    private let digest: String

    init(_ redis: SyncRedis) throws {
        self.redis = redis
        let lines = FleetScript.source.split(separator: "\n", omittingEmptySubsequences: false)
        precondition(lines.filter { $0 == Self.clockLine }.count == 1)
        let source = lines.map { $0 == Self.clockLine ? "local clock = { 0, table.remove(ARGV) }" : String($0) }
        guard case .text(let digest) = try redis.call(["SCRIPT", "LOAD", source.joined(separator: "\n")]) else {
            throw SyncRedis.Failure()
        }
        self.digest = digest
    }

    /// Has a message acted on at a moment of the server's clock, in microseconds.
    func run(
        _ message: FleetMessage, keys: [String], id: String, run: String, settings: FleetSettings, at now: Int64
    ) throws -> FleetReply? {
        let arguments = FleetScript.arguments(message, id: id, run: run, settings: settings)
        let value = try redis.call(["EVALSHA", digest, "\(keys.count)"] + keys + arguments + ["\(now)"])
        if case .error(let text) = value { throw ScriptError(text: text) }
        return FleetScript.reply(value)
    }
}

struct ScriptError: Error { let text: String }
