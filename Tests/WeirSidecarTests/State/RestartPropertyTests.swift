import Testing
import WeirCore
import WeirProxy

@testable import WeirSidecar

/// Random lives of one limit with kills in between, judged by what a provider that forgets nothing would say.
@Suite("Restarts, as a provider that forgets nothing sees them")
struct RestartPropertyTests {
    enum Kind: String, CaseIterable {
        case slidingWindow, tokenBucket, calendarWindow, spacing

        func algorithm(_ random: inout SeededGenerator) -> LimitSettings.Algorithm {
            let requests = Int.random(in: 1...40, using: &random)
            let per = TimeSpan.milliseconds(.random(in: 20...5000, using: &random))
            let margin = TimeSpan.milliseconds(.random(in: 0...9, using: &random))
            switch self {
            case .slidingWindow: return .slidingWindow(requests: requests, per: per, margin: margin)
            case .tokenBucket:
                return .tokenBucket(
                    rate: Rate(permits: .random(in: 1...70, using: &random), per: per), burst: requests)
            case .calendarWindow: return .calendarWindow(requests: requests, per: per, margin: margin)
            case .spacing: return .spacing(every: per, margin: margin)
            }
        }
    }

    private struct Sent {
        let key: String?
        let units: Int
        let moment: Instant
        let number: Int
    }

    @Test(
        "no restart lets more through than the limit allows, or keeps a call longer than the file is coarse",
        arguments: Kind.allCases, 0..<12 as Range<UInt64>)
    func restarts(kind: Kind, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TestFolder()
        let algorithm = kind.algorithm(&random)
        let isKeyed = seed % 2 == 1
        let limit = LimitSettings(name: "l", algorithm: algorithm, key: isKeyed ? [.header("k")] : [])
        let keys: [String?] = isKeyed ? ["a", "b", "c"] : [nil]
        let judge = Judge(algorithm, ring: isKeyed ? EntryShape.keyRing : EntryShape.limitRing)

        var now = TestClock.at(0)
        var life: Life? = try Life(folder.state, shared: [limit], now: now)
        var sent: [Sent] = []
        var outstanding: [(admission: Admission, number: Int)] = []
        // The same limits in a process that never dies.
        var immortal = [String?: LimitState]()
        let rules = LimitRules(algorithm, wallOffset: TestClock.wallOffset)
        var restarts = 0

        for number in 0..<500 {
            now = now + TimeSpan(nanoseconds: .random(in: 0...judge.pace.nanoseconds, using: &random))
            let key = keys.randomElement(using: &random) ?? nil
            switch Int.random(in: 0..<100, using: &random) {
            case ..<80:
                let cost = Int.random(in: 1...max(1, rules.capacity / 4), using: &random)
                guard let admission = life?.admit(cost, key: key, now: now) else { continue }
                let units = rules.weight(cost: cost)
                sent.append(Sent(key: key, units: units, moment: now, number: number))
                rules.take(&immortal[key, default: LimitState()], units: units, now: now)
                outstanding.append((admission, number))
            case ..<88:
                guard let last = outstanding.popLast(), let place = sent.firstIndex(where: { $0.number == last.number })
                else { continue }
                let call = sent.remove(at: place)
                life?.giveBack(last.admission, now: now)
                rules.giveBack(
                    &immortal[call.key, default: LimitState()], units: call.units, takenAt: call.moment, now: now)
            default:
                life = nil
                life = try Life(folder.state, shared: [limit], now: now)
                outstanding = []
                restarts += 1
                for key in keys {
                    let digest = life?.digest(of: key)
                    let kept = life?.past.limits[0].keys.first { $0.key?.digest == digest }
                    var restored = rules.restored(kept?.trace, spentAt: nil, now: now)
                    let late =
                        Self.free(rules, &restored, now) - Self.free(rules, &immortal[key, default: .init()], now)
                    #expect(late <= judge.coarseness, "\(algorithm), step \(number): \(late.nanoseconds) ns late")
                }
            }
        }
        #expect(restarts > 20 && sent.count > 20)
        for key in keys {
            let calls = sent.filter { $0.key == key }.map { (moment: $0.moment, units: $0.units) }
            #expect(judge.violation(calls) == nil, "\(algorithm)")
        }
    }
}

extension RestartPropertyTests {
    /// When all of a limit is free.
    private static func free(_ rules: LimitRules, _ state: inout LimitState, _ now: Instant) -> Instant {
        rules.earliest(&state, units: rules.capacity, now: now) ?? .distantFuture
    }
}

/// What a provider says of the calls that it got.
struct Judge {
    let algorithm: LimitSettings.Algorithm
    /// How much longer a unit may count after a restart.
    let coarseness: TimeSpan
    /// A step between calls that keeps the limit busy.
    let pace: TimeSpan

    init(_ algorithm: LimitSettings.Algorithm, ring: Int) {
        self.algorithm = algorithm
        let bucket = { (span: TimeSpan) in TimeSpan(nanoseconds: span.nanoseconds / Int64(ring - 1) + 1_000_000) }
        switch algorithm {
        case .slidingWindow(let requests, let per, let margin):
            coarseness = bucket(per + margin)
            pace = TimeSpan(nanoseconds: per.nanoseconds / Int64(requests) + 1)
        case .calendarWindow(let requests, let per, _):
            // A unit that counts a little longer may count in the next window too.
            coarseness = per
            pace = TimeSpan(nanoseconds: per.nanoseconds / Int64(requests) + 1)
        case .tokenBucket(let rate, _):
            // A microsecond for each restart.
            coarseness = .milliseconds(1)
            pace = TimeSpan(nanoseconds: rate.period.nanoseconds / rate.permits * 2)
        case .spacing(let every, _):
            coarseness = TimeSpan(nanoseconds: 2000)
            pace = every
        case .concurrency:
            (coarseness, pace) = (.zero, .zero)
        }
    }

    /// The first moment at which more came than was promised; nil where none did.
    func violation(_ calls: [(moment: Instant, units: Int)]) -> Instant? {
        calls.indices.first { last in
            var units = 0
            for call in calls[...last].reversed() {
                units += call.units
                if units > most(from: call.moment, to: calls[last].moment) { return true }
            }
            return false
        }.map { calls[$0].moment }
    }

    /// The most units in an interval that both moments belong to.
    private func most(from start: Instant, to end: Instant) -> Int {
        switch algorithm {
        case .slidingWindow(let requests, let per, let margin):
            return end - start < per + margin ? requests : .max
        case .tokenBucket(let rate, let burst):
            let grown = Int128((end - start).nanoseconds) * Int128(rate.permits) / Int128(rate.period.nanoseconds)
            return burst + Int(grown)
        case .calendarWindow(let requests, let per, let margin):
            let window = { (moment: Instant) in (moment + TestClock.wallOffset).nanoseconds / per.nanoseconds }
            // Within the margin of a boundary a call counts on both sides.
            let shares = window(start + margin) >= window(end - margin)
            return shares ? requests : .max
        case .spacing(let every, let margin):
            return end - start < every + margin ? 1 : .max
        case .concurrency:
            return .max
        }
    }
}

extension Life {
    /// What stands for a key of the first limit; nil for the limit itself.
    func digest(of key: String?) -> KeyDigest? {
        guard let key else { return nil }
        return LimitSettings(name: "l", algorithm: .concurrency(max: 1), key: [.header("k")])
            .key([key], tier: 0, seed: file.keySeed).digest
    }
}
