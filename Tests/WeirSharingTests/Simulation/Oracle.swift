import WeirCore

/// Judges what was sent as an observer at the upstream would.
enum Oracle {
    struct Verdict: CustomStringConvertible {
        /// Units above what the limit promises, at the worst moment.
        var excess = Int.min
        var at: Int64 = 0
        var description: String { "excess \(excess) at \(at) µs" }
    }

    static func worst(
        _ sends: [SimulatedFleet.Sending], _ algorithm: LimitSettings.Algorithm
    ) -> Verdict {
        var verdict = Verdict()
        func judge(_ excess: Int, at: Int64) {
            if excess > verdict.excess { verdict = Verdict(excess: excess, at: at) }
        }
        switch algorithm {
        case .slidingWindow(let requests, let per, _):
            var (first, held) = (0, 0)
            for send in sends {
                held += send.units
                while sends[first].at <= send.at - per.nanoseconds / 1000 {
                    held -= sends[first].units
                    first += 1
                }
                judge(held - requests, at: send.at)
            }
        case .calendarWindow(let requests, let per, _):
            // The server's clock is a whole number of seconds ahead.
            var (window, held) = (Int64.min, 0)
            for send in sends {
                if send.at / (per.nanoseconds / 1000) != window {
                    (window, held) = (send.at / (per.nanoseconds / 1000), 0)
                }
                held += send.units
                judge(held - requests, at: send.at)
            }
        case .tokenBucket(let rate, let burst):
            // What is missing, in units times the period.
            var (missing, last): (Int64, Int64) = (0, 0)
            let period = rate.period.nanoseconds / 1000
            for send in sends {
                missing = max(0, missing - (send.at - last) * rate.permits) + Int64(send.units) * period
                last = send.at
                judge(Int((missing + period - 1) / period) - burst, at: send.at)
            }
        case .spacing(let every, _):
            for (former, send) in zip(sends, sends.dropFirst()) {
                judge(send.at - former.at < every.nanoseconds / 1000 ? 1 : 0, at: send.at)
            }
        case .concurrency(let places):
            // Of one moment, ends come first.
            let changes = sends.map { ($0.at, 1) } + sends.map { ($0.end, -1) }
            var held = 0
            for (at, change) in changes.sorted(by: <) {
                held += change
                judge(held - places, at: at)
            }
        }
        return verdict
    }
}
