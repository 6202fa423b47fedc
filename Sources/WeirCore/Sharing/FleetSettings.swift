/// How a fleet shares limits, as each of its instances is told.
package struct FleetSettings: Hashable, Sendable {
    /// How many instances share, at least 1: without the server each holds itself to its part.
    package let instances: Int
    /// How long a decision may take, at least 1 ms; also how much later than decided a unit may be sent.
    package let slack: TimeSpan

    /// A fleet of `instances` whose decisions take `slack` at the most.
    package init(instances: Int, slack: TimeSpan) {
        self.instances = max(1, instances)
        self.slack = max(slack, .milliseconds(1))
    }

    /// How late a message may be acted on after it was sent.
    var transit: TimeSpan { TimeSpan(nanoseconds: slack.nanoseconds / 2) }

    /// For how long the server takes an instance that asks to be in touch.
    var askLease: TimeSpan { TimeSpan(nanoseconds: slack.nanoseconds - slack.nanoseconds / 2) }

    /// The same for one that has nothing to ask.
    var restLease: TimeSpan { slack * 10 }

    /// How long places of a silent instance count, and those that calls of before an outage hold.
    static let placeLease = TimeSpan.seconds(60)
    /// When an instance that could not join asks again.
    static let joinRetry = TimeSpan.milliseconds(500)
    /// How long an instance that has just started admits nothing by itself, at most.
    static let longestSilence = TimeSpan.seconds(10)
    /// How soon news that nobody waits for is told.
    static let newsDelay = TimeSpan.milliseconds(5)
    /// How soon after its last question an instance says that it rests.
    var restDelay: TimeSpan { TimeSpan(nanoseconds: slack.nanoseconds / 5) }
}
