import Foundation
import WeirTestKit

/// Three sidecars that share one provider's quota through one Redis, for one test.
struct Fleet: Sendable {
    let redis: RedisServer
    let upstream: ScriptedUpstream
    let members: [Stand]

    /// Starts all of it, runs `body`, and stops all of it.
    ///
    /// - Parameter rules: Keys of the upstream, which is named `api`, in YAML at the margin.
    static func run(
        _ rules: String, count: Int = 3, script: @escaping ScriptedUpstream.Script = { _ in .respond(200, body: "ok") },
        _ body: (Fleet) async throws -> Void
    ) async throws {
        try await Turnstile.processes.pass {
            let redis = try RedisServer(["--requirepass", "word"])
            let upstream = try await ScriptedUpstream.start(script: script)
            var members: [Stand] = []
            do {
                for _ in 0..<count { members.append(try await member(rules, redis, upstream, of: count)) }
                let fleet = Fleet(redis: redis, upstream: upstream, members: members)
                for member in members { try await member.waitForSharing(true) }
                try await body(fleet)
            } catch {
                for member in members { try await member.weir.stop() }
                await upstream.stop()
                throw error
            }
            for member in members { try await member.weir.stop() }
            await upstream.stop()
        }
    }

    private static func member(
        _ rules: String, _ redis: RedisServer, _ upstream: ScriptedUpstream, of count: Int
    ) async throws -> Stand {
        let root = """
            shared: { redis: "redis://:word@127.0.0.1:\(redis.port)/2", instances: \(count), command_timeout: 200ms }
            """
        let text = Stand.configuration(rules, root: root, url: "http://\(upstream.endpoint)")
        let weir = try WeirProcess.start(configuration: text)
        return Stand(
            weir: weir, upstream: upstream, address: try await weir.address(of: "api", within: Stand.patience),
            admin: try await weir.adminAddress(within: Stand.patience))
    }

    /// Calls on all members, each by callers that send the next one when the last is answered.
    ///
    /// - Returns: How many calls of each member were answered with 200.
    func drive(callers: Int = 4, for time: Duration) async throws -> [Int] {
        let end = ContinuousClock.now + time
        return try await withThrowingTaskGroup(of: (Int, Int).self) { tasks in
            for (place, member) in members.enumerated() {
                for _ in 0..<callers {
                    tasks.addTask {
                        var answered = 0
                        while ContinuousClock.now < end {
                            if try await member.get("/").status == 200 { answered += 1 }
                        }
                        return (place, answered)
                    }
                }
            }
            return try await tasks.reduce(into: members.map { _ in 0 }) { $0[$1.0] += $1.1 }
        }
    }
}

extension Stand {
    /// Waits until the limits are shared, or each instance keeps to its part.
    func waitForSharing(_ isShared: Bool) async throws {
        try await waitForMetrics(isShared ? "Redis to decide" : "the part to be kept to") {
            $0.value("mm_shared_state", ["upstream": "api"]) == (isShared ? 1 : 0)
        }
    }
}
