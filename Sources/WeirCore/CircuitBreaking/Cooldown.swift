/// How long a circuit stays OPEN: the configured cooldown, doubled for each failed probe in a row up to `maxCooldown`,
/// ± 25 % of jitter once it grows so that a fleet does not probe in step.
struct Cooldown: Sendable {
    private static let mostDoublings = 40

    /// By which it has grown.
    private(set) var failedProbesInARow = 0
    private var jitter: SeededGenerator

    init(seed: UInt64) {
        jitter = SeededGenerator(seed: seed)
    }

    /// A probe failed: the next cooldown is longer.
    mutating func grow() {
        failedProbesInARow += 1
    }

    /// The next cooldown is the configured one again.
    mutating func reset() {
        failedProbesInARow = 0
    }

    /// Goes on after so many failed probes in a row.
    mutating func restore(failedProbes: Int) {
        failedProbesInARow = min(max(0, failedProbes), Self.mostDoublings)
    }

    /// The time from opening to HALF_OPEN, never less than `minDwell`.
    mutating func length(_ settings: CircuitSettings) -> TimeSpan {
        max(grown(settings), settings.minDwell, .zero)
    }

    private mutating func grown(_ settings: CircuitSettings) -> TimeSpan {
        guard let most = settings.maxCooldown, failedProbesInARow > 0 else { return settings.cooldown }
        let doublings = min(failedProbesInARow, Self.mostDoublings)
        let grown = max(.zero, min(settings.cooldown * (Int64(1) << Int64(doublings)), most))
        let spread = grown.nanoseconds / 4
        let offset = Int64(jitter.next() % UInt64(2 * spread + 1)) - spread
        return min(grown + TimeSpan(nanoseconds: offset), most)
    }
}
