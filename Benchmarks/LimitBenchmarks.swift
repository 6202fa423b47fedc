internal import WeirCore

/// What the limits cost a call.
enum LimitBenchmarks {
    /// A stack as an exchange has it.
    static let three = [
        LimitSettings(name: "ip", algorithm: .slidingWindow(requests: 600, per: .seconds(5))),
        LimitSettings(
            name: "rate", algorithm: .tokenBucket(rate: Rate(permits: 1_000_000, per: .seconds(1)), burst: 1000)),
        LimitSettings(name: "flight", algorithm: .concurrency(max: 100)),
    ]
    /// The time between two calls that keep the sliding window of 600 in 5 s nearly full: 8.4 ms.
    static let pace = TimeSpan(nanoseconds: 8_400_000)

    private struct Run {
        let rules: LimitRules
        let room: Int
        let pace: TimeSpan
        var state = LimitState()
        var now = Instant(nanoseconds: 0)

        init(_ algorithm: LimitSettings.Algorithm, pace: TimeSpan) {
            rules = LimitRules(algorithm)
            room = rules.room(reserved: 0)
            self.pace = pace
        }

        /// Asks, and takes where the limit allows it.
        mutating func decide(_ count: Int) {
            for _ in 0..<count {
                now = now + pace
                guard rules.admits(&state, weight: 1, room: room, now: now) else { continue }
                rules.take(&state, units: 1, now: now)
            }
        }
    }

    private struct StackRun {
        var stack = LimitStack(shared: three, endpoints: [[]])
        let request = LimitStack.Request(endpoint: 0, cost: 1, isCritical: false, keys: .none)
        var now = Instant(nanoseconds: 0)

        mutating func pass(_ count: Int) {
            for _ in 0..<count {
                now = now + pace
                if stack.takeIfAdmitted(request, number: 1, now: now) { stack.releaseUnkeyed(0) }
            }
        }
    }

    private struct AdmissionRun {
        var control = AdmissionControl(shared: three, endpoints: [[]], maxLength: 1024, shares: [1024])
        var now = Instant(nanoseconds: 0)

        mutating func pass(_ count: Int) {
            for _ in 0..<count {
                now = now + pace
                let demand = Demand(endpoint: 0, deadline: now)
                if case .admitted(let granted) = control.enter(demand, ready: true, now: now) {
                    control.release(granted.admission, now: now)
                }
            }
        }
    }

    static var all: [Benchmark] {
        [
            .time(
                "limit: token bucket", budget: 15,
                on: {
                    Run(
                        .tokenBucket(rate: Rate(permits: 1_000_000, per: .seconds(1)), burst: 1000),
                        pace: TimeSpan(nanoseconds: 1000))
                }
            ) { $0.decide($1) },
            .time(
                "limit: sliding window of 600, nearly full", budget: 30,
                on: { Run(.slidingWindow(requests: 600, per: .seconds(5)), pace: pace) }
            ) { $0.decide($1) },
            .time(
                "limit: sliding window of 600, full", budget: 30,
                on: {
                    var run = Run(
                        .slidingWindow(requests: 600, per: .seconds(1_000_000)), pace: TimeSpan(nanoseconds: 1))
                    run.decide(600)
                    return run
                }
            ) { $0.decide($1) },
            .time(
                "limit: spacing", on: { Run(.spacing(every: .milliseconds(1), margin: .zero), pace: .milliseconds(1)) }
            ) {
                $0.decide($1)
            },
            .time("limits: a stack of three, taken and released", budget: 80, on: { StackRun() }) { $0.pass($1) },
            .time("limits: the same by way of the line, admitted and released", on: { AdmissionRun() }) {
                $0.pass($1)
            },
        ]
    }
}
