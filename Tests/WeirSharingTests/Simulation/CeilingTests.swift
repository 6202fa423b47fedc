import Foundation
import Testing
import WeirCore
import WeirSharing
import WeirTestKit

/// However messages go astray and whoever fails, nothing above the limit is ever sent.
@Suite struct CeilingTests {
    private static let settings = FleetSettings(instances: 3, slack: .milliseconds(50))
    /// Calls of one seed of one algorithm, and the number of seeds. A million calls take some minutes.
    private static let calls = number("WEIR_SIMULATED_CALLS")
    private static let seeds = number("WEIR_SIMULATED_SEEDS")
    /// The least time of one seed, in µs: enough for several faults.
    private static let least: Int64 = 8_000_000

    private static let everything = SimulatedFleet.Faults(
        loss: 0.003, duplication: 0.01, delay: 3000, cuts: 0.15, crashes: 0.05, stops: 0.1, restarts: 0.07)

    @Test(arguments: [
        LimitSettings.Algorithm.slidingWindow(requests: 600, per: .seconds(1), margin: .zero),
        .slidingWindow(requests: 5000, per: .seconds(1), margin: .zero),
        .slidingWindow(requests: 20, per: .milliseconds(300), margin: .zero),
        .calendarWindow(requests: 300, per: .seconds(1), margin: .zero),
        .tokenBucket(rate: Rate(permits: 300, per: .seconds(1)), burst: 150),
        .concurrency(max: 12),
    ])
    func neverMoreThanTheLimit(_ algorithm: LimitSettings.Algorithm) throws {
        try neverMore(algorithm, faults: Self.everything)
    }

    /// Without Redis only each instance keeps the distance: see the decision record.
    @Test func neverCloserThanTheSpacingWhereNoMessageIsLost() throws {
        let faults = SimulatedFleet.Faults(duplication: 0.05, delay: 3000)
        try neverMore(.spacing(every: .milliseconds(20), margin: .zero), faults: faults)
    }

    private func neverMore(_ algorithm: LimitSettings.Algorithm, faults: SimulatedFleet.Faults) throws {
        let server = try RedisServer()
        let script = try ScriptAtATime(SyncRedis(path: server.path))
        let (pace, costs) = Self.demand(algorithm)
        for seed in 1...UInt64(max(1, Self.seeds ?? 3)) {
            let fleet = SimulatedFleet(
                algorithm, settings: Self.settings, running: 3, faults: faults, pace: pace, costs: costs, seed: seed,
                script: script)
            let time = try fleet.run(calls: Self.calls ?? 0, least: Self.least)
            let worst = Oracle.worst(fleet.sends, algorithm)
            #expect(worst.excess <= 0, "seed \(seed): \(worst)")
            #expect(fleet.sends.count > 100)
            if Self.calls != nil {
                let seconds = time / 1_000_000
                print("\(algorithm), seed \(seed): \(fleet.sends.count) calls in \(seconds) virtual s, \(worst)")
            }
        }
    }

    /// Calls per second of one instance, which want more than there is together, and what one costs.
    private static func demand(_ algorithm: LimitSettings.Algorithm) -> (pace: Double, costs: ClosedRange<Int>) {
        switch algorithm {
        case .slidingWindow(let units, let per, _), .calendarWindow(let units, let per, _):
            let largest = max(3, units / 100)
            return (Double(units) * 1e9 / Double(per.nanoseconds) / Double(largest), 1...largest)
        case .tokenBucket(let rate, _): return (Double(rate.permits) * 1e9 / Double(rate.period.nanoseconds) / 3, 1...3)
        case .spacing(let every, _): return (1e9 / Double(every.nanoseconds), 1...1)
        case .concurrency: return (200, 1...1)
        }
    }

    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }
}
