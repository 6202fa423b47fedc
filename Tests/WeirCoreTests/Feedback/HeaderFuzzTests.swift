import Testing
import WeirCore

/// Whatever a provider sends: no trap, nothing absurd.
@Suite("Provider headers, hostile")
struct HeaderFuzzTests {
    private static let values = Extent.of(100_000)
    private static let seeds: [String] = [
        "1/40", "\"default\";r=50;t=30, b;r=1", "limit=100, remaining=50, reset=5", "Sat, 21 Nov 2026 12:00:30 GMT",
        "2026-11-21T13:00:30.25+01:00", "1795262400750", "1h2m3.5s", "99999999999999999999.999999999999", "10, 10;w=1",
    ]

    /// Random bytes, or something sound with a few bytes changed.
    private static func text(_ random: inout SeededGenerator) -> String {
        var bytes: [UInt8]
        if Bool.random(using: &random) {
            bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        } else {
            bytes = Array(seeds[Int.random(in: 0..<seeds.count, using: &random)].utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: place)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("Random bytes in every header of every dialect never trap and never give an absurd reading")
    func readings() {
        let seed: UInt64 = 20_261_121
        var random = SeededGenerator(seed: seed)
        let readers = ProviderHeaders.allCases.map(ProviderHeaderReader.init)
        let origins = [Int64.min, -1, 0, 1_000_000_000, .max - 1, .max].map { Instant(nanoseconds: $0) }
        var understood = 0
        var values = 0
        var round = 0
        while values < Self.values {
            round += 1
            let now = origins[Int.random(in: 0..<origins.count, using: &random)]
            let offset = Bool.random(using: &random) ? noon : Int64.random(in: .min ... .max, using: &random)
            let time = HeaderTime(now: now, wallOffset: .seconds(offset))
            let reader = readers[Int.random(in: 0..<readers.count, using: &random)]
            let reading = reader.read(time) { _ in
                values += 1
                return Self.text(&random)
            }
            let counts = [reading?.limit, reading?.remaining, reading?.used, reading?.leastRemaining]
            let areSound = counts.allSatisfy { $0.map { (0...1_000_000_000_000_000).contains($0) } ?? true }
            let resetIsSound = reading?.reset.map { $0 >= now && $0 <= now + HeaderTime.longestAhead } ?? true
            let wait = time.retryAfter(Self.text(&random))
            let waitIsSound = wait.map { $0 >= .zero && $0 <= HeaderTime.longestAhead } ?? true
            if reading != nil { understood += 1 }
            guard areSound, resetIsSound, waitIsSound else {
                let found = "\(String(describing: reading)), \(String(describing: wait))"
                Issue.record("seed \(seed), round \(round): \(found)")
                return
            }
        }
        #expect(understood > round / 20, "\(understood): the seeds must reach beyond the first byte")
    }
}
