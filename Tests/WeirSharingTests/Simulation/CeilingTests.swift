import Foundation
import Testing
import WeirCore
import WeirSharing

/// However messages go astray and whoever fails, nothing above the limit is ever sent.
@Suite struct CeilingTests {
    private static let settings = FleetSettings(instances: 3, slack: .milliseconds(50))
    /// Calls that all seeds of one algorithm send together; WEIR_SIMULATED_CALLS has more.
    private static let calls = ProcessInfo.processInfo.environment["WEIR_SIMULATED_CALLS"].flatMap { Int($0) } ?? 60_000

    private static let everything = SimulatedFleet.Faults(
        loss: 0.003, duplication: 0.01, delay: 3000, cuts: 0.15, crashes: 0.05, stops: 0.1, restarts: 0.07)

    @Test(arguments: [
        LimitSettings.Algorithm.slidingWindow(requests: 600, per: .seconds(1), margin: .zero),
        .slidingWindow(requests: 3000, per: .seconds(2), margin: .zero),
        .slidingWindow(requests: 20, per: .milliseconds(300), margin: .zero),
        .calendarWindow(requests: 500, per: .seconds(1), margin: .zero),
        .tokenBucket(rate: Rate(permits: 500, per: .seconds(1)), burst: 300),
    ])
    func neverMoreThanTheLimit(_ algorithm: LimitSettings.Algorithm) throws {
        let server = try RedisServer()
        let script = try ScriptAtATime(SyncRedis(path: server.path))
        let seeds: UInt64 = 12
        for seed in 1...seeds {
            let fleet = SimulatedFleet(
                algorithm, settings: Self.settings, running: 3, faults: Self.everything, pace: 400, seed: seed,
                script: script)
            let time = try fleet.run(calls: Self.calls / Int(seeds))
            let worst = Oracle.worst(fleet.sends, algorithm)
            #expect(worst.excess <= 0, "seed \(seed): \(worst)")
            print(seed, "virtual s", time / 1_000_000, "calls", fleet.sends.count, "messages", fleet.messages, worst)
        }
    }

    @Test func debugOne() throws {
        let env = ProcessInfo.processInfo.environment
        guard let seed = env["SEED"].flatMap({ UInt64($0) }) else { return }
        let algorithm: LimitSettings.Algorithm = env["ALG"] == "b" ? .slidingWindow(requests: 3000, per: .seconds(2), margin: .zero) : env["ALG"] == "c" ? .slidingWindow(requests: 20, per: .milliseconds(300), margin: .zero) : .slidingWindow(requests: 600, per: .seconds(1), margin: .zero)
        let server = try RedisServer()
        let script = try ScriptAtATime(SyncRedis(path: server.path))
        let fleet = SimulatedFleet(
            algorithm, settings: Self.settings, running: 3, faults: Self.everything, pace: 400, seed: seed,
            script: script)
        fleet.traces = true
        _ = try fleet.run(calls: Self.calls / 12, most: 300_000_000)
        let worst = Oracle.worst(fleet.sends, algorithm)
        print(worst)
        var slots: [String: Int] = [:]
        for send in fleet.sends where send.at > worst.at - 2_500_000 && send.at <= worst.at { slots["\(send.node) \(send.at / 10000)", default: 0] += send.units }
        var lines = fleet.trace.filter { $0.at > worst.at - 3_500_000 && $0.at <= worst.at }.map { "\($0.at) \($0.text)" }
        lines += slots.map { let p = $0.key.split(separator: " "); return "\(p[1])0000 SENT node \(p[0]) \($0.value)" }
        print(lines.sorted().joined(separator: "\n"))
    }
}
