/// The factor of a limit while this host is busy, after `host_load`.
///
/// A step holds from the moment at which either share reaches its mark, and until both are below 0.9 of theirs, so that
/// a load at the mark does not make the limit flap.
package struct HostLoad: Sendable {
    /// How busy the host is.
    package enum Level: Int, Comparable, Sendable {
        /// No step holds.
        case normal
        /// The first step holds.
        case elevated
        /// The second step holds.
        case high

        /// The busier one is greater.
        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// A step is left below this share of its marks.
    static let release = 0.9

    /// The level, as of the last observation.
    package private(set) var level = Level.normal

    private var settings: HostLoadSettings

    /// A host that is not busy.
    package init(_ settings: HostLoadSettings) {
        self.settings = settings
    }

    /// Follows other marks and factors from the next observation on; the level is kept until then.
    package mutating func follow(_ settings: HostLoadSettings) {
        self.settings = settings
    }

    /// What the limit is to be multiplied by.
    package var factor: Double {
        switch level {
        case .normal: 1
        case .elevated: settings.elevated?.factor ?? 1
        case .high: settings.high?.factor ?? 1
        }
    }

    /// The shares (0...1) of the processors and of the memory that are in use now. Returns the new factor where it
    /// changes.
    package mutating func observe(cpu: Double, memory: Double) -> Double? {
        let before = factor
        if holds(settings.high, .high, cpu, memory) {
            level = .high
        } else if holds(settings.elevated, .elevated, cpu, memory) {
            level = .elevated
        } else {
            level = .normal
        }
        return factor == before ? nil : factor
    }

    private func holds(_ step: HostLoadSettings.Step?, _ own: Level, _ cpu: Double, _ memory: Double) -> Bool {
        guard let step else { return false }
        let share = level >= own ? Self.release : 1
        return cpu >= step.cpu * share || memory >= step.memory * share
    }
}
