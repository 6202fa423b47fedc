/// What an instance tells and asks of the fleet's server, for all limits of one upstream at once. Times of the server
/// are whole microseconds of its own clock.
package struct FleetMessage: Hashable, Sendable {
    /// What is to be done.
    package enum Verb: String, Sendable {
        /// Tell the time; nothing else happens.
        case time
        /// Take part, with a report of what was used.
        case join
        /// Decide what is wanted; also a sign of life.
        case ask
        /// Take part no longer.
        case leave
    }

    /// How a limit counts, with its figures.
    package enum Kind: Hashable, Sendable {
        /// Units within `span` and `margin`.
        case sliding(span: TimeSpan, margin: TimeSpan)
        /// Units within multiples of `per`.
        case calendar(per: TimeSpan, margin: TimeSpan)
        /// Tokens that grow by `permits` in each `period`.
        case bucket(permits: Double, period: TimeSpan)
        /// One unit each `every` and `margin`.
        case spacing(every: TimeSpan, margin: TimeSpan)
        /// Places.
        case concurrency
    }

    /// What is said of one limit.
    package struct Limit: Hashable, Sendable {
        /// How it counts.
        package var kind: Kind
        /// The most units at once.
        package var capacity: Int
        /// Units that are kept for each instance that takes part.
        package var floor: Int
        /// Units wanted.
        package var want = 0
        /// Fewer than these are of no use; above 0 without a want: what was asked for earlier is still waited for.
        package var least = 0
        /// The most units in use that this instance would allow itself without the server.
        package var room = 0
        /// Places held.
        package var held = 0
        /// On joining: what was used, as (age in µs, units). Else: what goes back, as (expiry, units).
        package var list: [Entry] = []
    }

    /// A moment and units.
    package struct Entry: Hashable, Sendable {
        /// Microseconds: an age, or an expiry.
        package let moment: Int64
        /// Units, at least 1.
        package let units: Int
    }

    /// What is to be done.
    package let verb: Verb
    /// Counts this instance's messages: the server acts on none twice, nor on an older one after a newer.
    package let sequence: Int64
    /// The server's time after which nothing is done.
    package let deadline: Int64
    /// For how long the instance does nothing by itself after this was acted on.
    package let lease: TimeSpan
    /// How long what was used can count.
    package let memory: TimeSpan
    /// In the fleet's order.
    package let limits: [Limit]
    /// The provider's stops to tell the others.
    package let stops: [FleetStop]
}

/// A stop of the provider that the whole fleet heeds.
package struct FleetStop: Hashable, Sendable {
    /// The endpoint's name, or "" for all calls.
    package let scope: String
    /// How much longer it lasts.
    package let left: TimeSpan
    /// Whether it is a ban.
    package let isBan: Bool
    /// The status that called for it; nil where none did.
    package let status: Int?

    /// A stop that lasts for `left`.
    package init(scope: String, left: TimeSpan, isBan: Bool, status: Int?) {
        self.scope = scope
        self.left = left
        self.isBan = isBan
        self.status = status
    }
}

/// What the fleet's server answers.
package struct FleetReply: Sendable {
    /// What has become of the message.
    package enum Status: String, Sendable {
        /// The answer to `time`.
        case time
        /// Done.
        case ok
        /// It came after its deadline: nothing was done.
        case stale
        /// It, or a newer message, has been acted on already: nothing was done now.
        case late
        /// The instance does not take part: it has to join.
        case unknown
        /// As many as may take part do.
        case full
        /// It takes part no longer.
        case left
    }

    /// What was decided of one limit.
    package struct Decision: Sendable {
        /// Units that may be sent.
        package let granted: Int
        /// When they stop counting, as their name for giving them back.
        package let expiry: Int64
        /// When to ask again for what was not granted; 0: at will.
        package let retry: Int64
        /// Units in use by all.
        package let used: Int
        /// Whether the units that are to be kept for each instance are kept for this one.
        package let isFloorKept: Bool

        /// A decision.
        package init(granted: Int, expiry: Int64, retry: Int64, used: Int, isFloorKept: Bool) {
            self.granted = granted
            self.expiry = expiry
            self.retry = retry
            self.used = used
            self.isFloorKept = isFloorKept
        }
    }

    /// What has become of the message.
    package let status: Status
    /// The server's time.
    package let now: Int64
    /// One for each limit of the message where it was done; else none.
    package let decisions: [Decision]
    /// The provider's stops that hold.
    package let stops: [FleetStop]

    /// An answer.
    package init(status: Status, now: Int64, decisions: [Decision] = [], stops: [FleetStop] = []) {
        self.status = status
        self.now = now
        self.decisions = decisions
        self.stops = stops
    }
}
