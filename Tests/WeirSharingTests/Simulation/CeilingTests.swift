import Foundation
import Testing
import WeirCore
import WeirSharing
import WeirTestKit

/// However messages go astray and whoever fails, nothing above the limit is ever sent.
@Suite struct CeilingTests {
    private static let settings = FleetSettings(instances: 3, slack: .milliseconds(50))
    /// Calls that all seeds of one algorithm send together; WEIR_SIMULATED_CALLS has more.
    private static let calls = ProcessInfo.processInfo.environment["WEIR_SIMULATED_CALLS"].flatMap { Int($0) } ?? 4000

    private static let everything = SimulatedFleet.Faults(
        loss: 0.003, duplication: 0.01, delay: 3000, cuts: 0.15, crashes: 0.05, stops: 0.1, restarts: 0.07)

    @Test(arguments: [
        LimitSettings.Algorithm.slidingWindow(requests: 600, per: .seconds(1), margin: .zero),
        .slidingWindow(requests: 20_000, per: .seconds(2), margin: .zero),
        .slidingWindow(requests: 20, per: .milliseconds(300), margin: .zero),
        .calendarWindow(requests: 2000, per: .seconds(1), margin: .zero),
        .tokenBucket(rate: Rate(permits: 2000, per: .seconds(1)), burst: 900),
    ])
    func neverMoreThanTheLimit(_ algorithm: LimitSettings.Algorithm) throws {
        let server = try RedisServer()
        let script = try ScriptAtATime(SyncRedis(path: server.path))
        let seeds = UInt64(max(12, Self.calls / 5000))
        var (calls, time) = (0, Int64(0))
        for seed in 1...seeds {
            let fleet = SimulatedFleet(
                algorithm, settings: Self.settings, running: 3, faults: Self.everything, pace: Self.pace(algorithm),
                seed: seed, script: script)
            time += try fleet.run(calls: Self.calls / Int(seeds))
            calls += fleet.sends.count
            let worst = Oracle.worst(fleet.sends, algorithm)
            #expect(worst.excess <= 0, "seed \(seed): \(worst)")
        }
        #expect(calls > 1000)
        if Self.isLong { print("\(algorithm): \(calls) calls in \(time / 1_000_000) virtual seconds") }
    }

    /// Calls per second of one instance, which want about as much as there is.
    private static func pace(_ algorithm: LimitSettings.Algorithm) -> Double {
        switch algorithm {
        case .slidingWindow(let requests, let per, _), .calendarWindow(let requests, let per, _):
            Double(requests) * 1e9 / Double(per.nanoseconds) / 2
        case .tokenBucket(let rate, _): Double(rate.permits) * 1e9 / Double(rate.period.nanoseconds) / 2
        case .spacing(let every, _): 1e9 / Double(every.nanoseconds)
        case .concurrency: 100
        }
    }

    private static let isLong = ProcessInfo.processInfo.environment["WEIR_SIMULATED_CALLS"] != nil
}
