internal import WeirCore

/// What a circuit costs a call.
enum CircuitBenchmarks {
    private struct Run {
        var circuit: Circuit
        var now: Int64 = 0

        init(_ change: (inout CircuitSettings) -> Void = { _ in }) {
            var settings = CircuitSettings()
            change(&settings)
            circuit = Circuit(settings)
        }

        /// Calls that pass, 1 µs apart.
        mutating func pass(_ count: Int, _ outcome: Outcome) {
            for _ in 0..<count {
                now += 1000
                let moment = Instant(nanoseconds: now)
                if case .permit(let permit) = circuit.claim(now: moment) {
                    circuit.report(permit, outcome, now: moment)
                }
            }
        }
    }

    static var all: [Benchmark] {
        [
            .time("circuit: claim and report a success", budget: 20, on: { Run() }) { $0.pass($1, .success) },
            .time(
                "circuit: the same, opening by share",
                on: {
                    Run {
                        $0.failThreshold = nil
                        $0.failureRatio = 0.5
                    }
                }
            ) { $0.pass($1, .success) },
            .time(
                "circuit: claim and report a failure, below the threshold",
                on: {
                    Run {
                        $0.failThreshold = 1 << 40
                        $0.window = .milliseconds(1)
                    }
                }
            ) { $0.pass($1, .failure) },
            .time(
                "circuit: a refusal while OPEN",
                on: {
                    var run = Run()
                    run.circuit.force(.open, now: Instant(nanoseconds: 0))
                    return run
                }
            ) { $0.pass($1, .success) },
        ]
    }
}
