/// What is kept of a limit's use, so that it can be rebuilt after a restart and never lets more through than what it stands
/// for. Moments are of the clock that the limits are told.
package enum LimitTrace: Hashable, Sendable {
    /// Units and a moment not before the one at which they were taken.
    package struct Units: Hashable, Sendable {
        /// How many; more than the limit has counts as all of it.
        package var count: Int
        /// Not before they were taken.
        package var moment: Instant

        /// So many units, taken at that moment or earlier.
        package init(count: Int, moment: Instant) {
            self.count = count
            self.moment = moment
        }
    }

    /// Of a sliding or calendar window: what was taken.
    case units([Units])
    /// Of a token bucket: the moment, or a later one, by which all that is missing would have grown back at `rate`.
    case debt(until: Instant, rate: Rate)
    /// Of a spacing: the moment of the last attempt, or a later one.
    case last(Instant)
}

/// What is kept of one key of a limit; of the limit itself, where all calls are counted together.
package struct KeptKey: Hashable, Sendable {
    /// The key; nil where all calls are counted together.
    package let key: LimitKey?
    /// Its use.
    package let trace: LimitTrace

    /// The use of a key.
    package init(key: LimitKey?, trace: LimitTrace) {
        self.key = key
        self.trace = trace
    }
}

/// What is kept of one limit.
package struct KeptLimit: Sendable {
    /// The limit's place.
    package let limit: Int
    /// When all of it counts as spent, since what was spent until then is not known; nil where it is.
    package let spentAt: Instant?
    /// The use of its keys in the order of their last use, or of the limit itself.
    package let keys: [KeptKey]

    /// The use of the limit at that place.
    package init(limit: Int, spentAt: Instant?, keys: [KeptKey]) {
        self.limit = limit
        self.spentAt = spentAt
        self.keys = keys
    }
}

/// How a limit's use is to be kept.
package enum LimitMemory: Hashable, Sendable {
    /// As units with their moments, which matter for this long.
    case units(TimeSpan)
    /// As the end of a debt.
    case debt(Rate)
    /// As the moment of the last attempt.
    case last
    /// Not at all: places are free after a restart, since the attempts that held them have ended with the process.
    case nothing
}

extension LimitRules {
    /// How the use of such a limit is to be kept.
    package var memory: LimitMemory {
        switch (figures, algorithm) {
        case (.slidingWindow(let window), _): .units(window.span)
        case (.calendarWindow(let window), _): .units(window.reach)
        case (.tokenBucket, .tokenBucket(let rate, _)): .debt(rate)
        case (.spacing, _): .last
        case (.tokenBucket, _), (.concurrency, _): .nothing
        }
    }

    /// The one moment that is kept of a state: the end of a debt at factor 1, or the last attempt. nil where nothing is used,
    /// or where units are kept.
    package func mark(_ state: LimitState, now: Instant) -> Instant? {
        switch figures {
        case .tokenBucket(let bucket): bucket.paidOff(state.bucket, now: now)
        case .spacing: state.spacing.last
        case .slidingWindow, .calendarWindow, .concurrency: nil
        }
    }

    /// A state of which as much is used at `now` as the trace (nil: none) tells, or more by no more than it is coarse. With
    /// `spentAt` all of the limit counts as taken then, too. What lies ahead of `now` counts as taken now.
    package func restored(_ trace: LimitTrace?, spentAt: Instant?, now: Instant) -> LimitState {
        var state = LimitState()
        switch figures {
        case .slidingWindow, .calendarWindow:
            var taken = spentAt.map { [LimitTrace.Units(count: capacity, moment: $0)] } ?? []
            if case .units(let units) = trace { taken += units }
            taken.sort { $0.moment < $1.moment }
            for units in taken where units.count > 0 {
                take(&state, units: units.count, now: min(units.moment, now))
            }
        case .tokenBucket(let bucket):
            if let spentAt { take(&state, units: capacity, now: min(spentAt, now)) }
            guard case .debt(let until, let rate) = trace, until > now else { break }
            var indebted = LimitState()
            indebted.bucket = bucket.indebted(until: until, rate: rate, now: now)
            let later = mark(indebted, now: now) ?? now
            if later > mark(state, now: now) ?? now { state = indebted }
        case .spacing:
            var last = spentAt
            if case .last(let moment) = trace { last = max(moment, last ?? moment) }
            if let last { take(&state, units: 1, now: min(last, now)) }
        case .concurrency:
            break
        }
        return state
    }
}
