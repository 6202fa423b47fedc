internal import WeirCore

/// What a keyed limit costs, in time and memory, from few keys to a million.
enum KeyBenchmarks {
    private static let limit = LimitSettings.Algorithm.tokenBucket(
        rate: Rate(permits: 1, per: .seconds(3600)), burst: 1_000_000_000)

    /// A limit that holds a key for each of so many callers.
    private struct Run {
        var control: AdmissionControl
        private let keying: Keying?
        private let count: Int
        /// A caller's key as it comes in a head; its number stands in the last eight bytes.
        private var key = [UInt8](repeating: UInt8(ascii: "k"), count: 16)
        private var random = SeededGenerator(seed: 1)
        private var now = Instant(nanoseconds: 0)

        init(keys count: Int) {
            self.count = count
            control = KeyBenchmarks.control(keys: count)
            keying = control.keying(of: 0)
            for number in 0..<count { admit(number) }
        }

        /// Calls of all keys in an order that no cache foresees, from the digest of the key on.
        mutating func pass(_ calls: Int) {
            for _ in 0..<calls {
                now = now + TimeSpan(nanoseconds: 1000)
                admit(Int(random.next() % UInt64(count)))
            }
        }

        private mutating func admit(_ number: Int) {
            for place in 0..<8 { key[8 + place] = UInt8(truncatingIfNeeded: number >> (place * 8)) }
            guard let keys = try? keying?.keys({ $1.combine(key.span) }) else { return }
            let demand = Demand(endpoint: 0, keys: keys, deadline: now)
            if case .admitted(let granted) = control.enter(demand, ready: true, now: now) {
                control.release(granted.admission, now: now)
            }
        }
    }

    /// Memory of as many cache lines as the keys' table has, which are visited one after the other.
    private struct Visits {
        struct Line {
            var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
        }

        private var lines: ContiguousArray<Line>
        private var random = SeededGenerator(seed: 1)
        private var place = 0

        init(keys: Int) {
            lines = ContiguousArray(repeating: Line(), count: keys / 5 * 9)
        }

        mutating func pass(_ count: Int) {
            for _ in 0..<count {
                lines[place].words.7 &+= 1
                // What was read decides nothing, but the processor has to wait for it.
                place = Int((random.next() >> 1 &+ lines[place].words.0) % UInt64(lines.count))
            }
        }
    }

    static var all: [Benchmark] {
        [10, 1000, 10_000, 100_000, 1_000_000].flatMap { count in
            [
                .time("keys: an admission among \(count) keys", on: { Run(keys: count) }) { $0.pass($1) },
                .time("keys: a bare visit to their memory, for comparison", on: { Visits(keys: count) }) {
                    $0.pass($1)
                },
            ]
        } + [
            .time("keys: the digest of a key of 16 bytes", on: { control(keys: 1).keying(of: 0) }) { keying, count in
                let texts = [Array("a-key-of-16-byte".utf8), Array("another-of-16-by".utf8)]
                for number in 0..<count {
                    let text = texts[number & 1]
                    keep(try? keying?.keys { $1.combine(text.span) })
                }
            },
            .figure("keys: memory of a key among 1000000", unit: "bytes", budget: 160) {
                let count = 1_000_000
                return Benchmark.heapBytes { Run(keys: count).control } / Double(count)
            },
        ]
    }

    private static func control(keys: Int) -> AdmissionControl {
        AdmissionControl(
            shared: [LimitSettings(name: "client", algorithm: limit, key: [.header("x-client")], maxKeys: keys)],
            endpoints: [[]], maxLength: 16, shares: [16])
    }
}
