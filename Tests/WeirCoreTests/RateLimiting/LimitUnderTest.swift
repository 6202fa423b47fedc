import WeirCore

/// Rules with one state, behind a reference, so that a test can ask within `#expect`.
final class LimitUnderTest {
    private(set) var rules: LimitRules
    private var state = LimitState()

    init(_ algorithm: LimitSettings.Algorithm, factor: Double = 1, wallOffset: TimeSpan = .zero) {
        rules = LimitRules(algorithm, factor: factor, wallOffset: wallOffset)
    }

    func earliest(_ units: Int = 1, ahead: Int = 0, reserved: Int = 0, now: Instant) -> Instant? {
        rules.earliest(&state, units: units, ahead: ahead, reserved: reserved, now: now)
    }

    func admits(_ units: Int, reserved: Int, now: Instant) -> Bool {
        var state = state
        return rules.admits(&state, weight: units, room: rules.room(reserved: reserved), now: now)
    }

    func take(_ units: Int = 1, now: Instant) {
        rules.take(&state, units: units, now: now)
    }

    /// Takes `units` if they fit at `now`.
    func takeIfFits(_ units: Int = 1, now: Instant) -> Bool {
        guard let earliest = earliest(units, now: now), earliest <= now else { return false }
        take(units, now: now)
        return true
    }

    func giveBack(_ units: Int = 1, takenAt: Instant, now: Instant) {
        rules.giveBack(&state, units: units, takenAt: takenAt, now: now)
    }

    func release() {
        rules.release(&state)
    }

    func used(now: Instant) -> Int {
        rules.used(&state, now: now)
    }

    /// How many moments of a window are kept.
    func moments(now: Instant) -> Int {
        rules.history(&state, now: now, most: 100_000).count
    }

    func isUnused(now: Instant) -> Bool {
        rules.isUnused(&state, now: now)
    }

    func fullAgain(now: Instant) -> Instant? {
        rules.fullAgain(&state, now: now)
    }

    /// Sets the wall clock.
    func set(wallOffset: TimeSpan) {
        rules.wallOffset = wallOffset
    }

    /// Exchanges the rules and keeps the state as it is: for another factor.
    func exchange(_ rules: LimitRules) {
        self.rules = rules
    }

    /// Exchanges the rules and converts the state: for other figures.
    func convert(to rules: LimitRules, now: Instant) {
        rules.convert(&state, from: self.rules, now: now)
        self.rules = rules
    }
}
