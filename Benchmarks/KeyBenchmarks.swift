internal import WeirCore

/// What a keyed limit costs, in time and memory, from few keys to a million.
enum KeyBenchmarks {
    private static let limit = LimitSettings.Algorithm.tokenBucket(
        rate: Rate(permits: 1, per: .seconds(3600)), burst: 1_000_000_000)

    /// A limit that holds a key for each of so many callers.
    private struct Run {
        var control: AdmissionControl
        let keys: [CallKeys]
        private var random = SeededGenerator(seed: 1)
        private var now = Instant(nanoseconds: 0)

        init(keys: [CallKeys]) {
            self.keys = keys
            control = KeyBenchmarks.control(keys: keys.count)
            for key in keys { admit(key) }
        }

        /// Calls of all keys in an order that no cache foresees.
        mutating func pass(_ count: Int) {
            for _ in 0..<count {
                now = now + TimeSpan(nanoseconds: 1000)
                admit(keys[Int(random.next() % UInt64(keys.count))])
            }
        }

        private mutating func admit(_ key: CallKeys) {
            let demand = Demand(endpoint: 0, keys: key, deadline: now)
            if case .admitted(let granted) = control.enter(demand, ready: true, now: now) {
                control.release(granted.admission, now: now)
            }
        }
    }

    static var all: [Benchmark] {
        [10, 1000, 10_000, 100_000, 1_000_000].map { count in
            .time("keys: an admission among \(count) keys", on: { Run(keys: keys(count)) }) { $0.pass($1) }
        } + [
            .time("keys: the digest of a key of 16 bytes", on: { control(keys: 1).keying(of: 0) }) { keying, count in
                for number in 0..<count {
                    let text = number & 1 == 0 ? "a-key-of-16-byte" : "another-of-16-by"
                    keep(try? keying?.keys { _ in text })
                }
            },
            .figure("keys: memory of a key among 1000000", unit: "bytes", budget: 160) {
                let keys = keys(1_000_000)
                return Benchmark.heapBytes { Run(keys: keys).control } / Double(keys.count)
            },
        ]
    }

    private static func control(keys: Int) -> AdmissionControl {
        AdmissionControl(
            shared: [LimitSettings(name: "client", algorithm: limit, key: [.header("x-client")], maxKeys: keys)],
            endpoints: [[]], maxLength: 16, shares: [16])
    }

    private static func keys(_ count: Int) -> [CallKeys] {
        let keying = control(keys: 1).keying(of: 0)
        return (0..<count).compactMap { number in
            let text = String(number)
            return try? keying?.keys { _ in text }
        }
    }
}
