/// What one limit allows: the constants of its algorithm at one factor, shared by all its keys.
///
/// The rules hold no use; that is a `LimitState`, and the rules say what becomes of it. A state means the same at every
/// `factor` and `wallOffset`: for those, exchange the rules and keep the states. Where the figures of the
/// algorithm change, `convert` each state. Time going backwards is clamped per state and gives nothing back.
package struct LimitRules: Hashable, Sendable {
    enum Figures: Hashable {
        case slidingWindow(SlidingWindow)
        case tokenBucket(TokenBucket)
        case calendarWindow(CalendarWindow)
        case spacing(Spacing)
        case concurrency
    }

    /// The most units of a limit or a call; more are taken for so many.
    private static let mostUnits = 1 << 40

    /// The promise.
    package let algorithm: LimitSettings.Algorithm
    /// What the promise is multiplied by, in thousandths: 0.001...1.
    package let factor: Double
    /// The most units at once at factor 1; at least 1.
    package let capacity: Int
    /// The most units at once at this factor; at least 1.
    package let effectiveCapacity: Int
    /// Wall time less monotonic time, for calendar windows.
    package var wallOffset: TimeSpan
    let figures: Figures

    /// The rules of `algorithm` multiplied by `factor` (above 0, at most 1): fewer units per window or in flight,
    /// slower growth of a smaller bucket, a longer distance. What is out of range is brought into it.
    package init(_ algorithm: LimitSettings.Algorithm, factor: Double = 1, wallOffset: TimeSpan = .zero) {
        let thousandths = factor >= 1 ? 1000 : factor > 0 ? max(1, Int64(factor * 1000 + 0.5)) : 1
        self.algorithm = algorithm
        self.factor = Double(thousandths) / 1000
        self.wallOffset = wallOffset
        let units: Int
        switch algorithm {
        case .slidingWindow(let requests, let per, let margin):
            units = Self.bounded(requests)
            figures = .slidingWindow(SlidingWindow(capacity: units, span: max(per, .zero) + max(margin, .zero)))
        case .tokenBucket(let rate, let burst):
            units = Self.bounded(burst)
            figures = .tokenBucket(TokenBucket(rate: rate, thousandths: thousandths))
        case .calendarWindow(let requests, let per, let margin):
            units = Self.bounded(requests)
            figures = .calendarWindow(CalendarWindow(capacity: units, per: per, margin: margin))
        case .spacing(let every, let margin):
            units = 1
            let stretched =
                (Int128(max(every, .zero).nanoseconds) * 1000 + Int128(thousandths) - 1) / Int128(thousandths)
            let distance = TimeSpan(nanoseconds: Int64(clamping: stretched))
            figures = .spacing(Spacing(every: distance + max(margin, .zero)))
        case .concurrency(let max):
            units = Self.bounded(max)
            figures = .concurrency
        }
        capacity = units
        effectiveCapacity = max(1, units * Int(thousandths) / 1000)
    }

    /// Whether what is taken is a place that `release` gives back when the attempt ends.
    package var holdsPlaces: Bool { figures == .concurrency }

    /// The units that a call of `cost` takes: the cost, or 1 where attempts count.
    @inline(__always)
    package func weight(cost: Int) -> Int {
        switch figures {
        case .slidingWindow, .tokenBucket, .calendarWindow: Self.bounded(cost)
        case .spacing, .concurrency: 1
        }
    }

    /// The units that are kept for critical calls by a `share` (0..<1) of the effective capacity, always leaving one
    /// for others.
    package func reserved(share: Double) -> Int {
        guard share > 0 else { return 0 }
        return min(effectiveCapacity - 1, Int(Double(effectiveCapacity) * min(share, 1) + 0.5))
    }

    /// The earliest moment, not before `now`, at which `units` fit while `reserved` more stay free; nil: when a place
    /// is given back.
    ///
    /// With calls in line before it, `ahead` is what they take. What is more than the capacity is a projection, as
    /// early as the limit's steady pace would have it. A single call that only the factor makes too dear, fits
    /// when nothing is used: else it would wait, and everybody behind it, for the factor to recover.
    package func earliest(
        _ state: inout LimitState, units: Int, ahead: Int = 0, reserved: Int = 0, now: Instant
    ) -> Instant? {
        let room = room(reserved: reserved)
        let weight = Self.bounded(units)
        let units = ahead > 0 ? weight + Self.bounded(ahead) : self.units(ofOne: weight, room: room)
        switch figures {
        case .slidingWindow(let window):
            return state.withLog { window.earliest(&$0, units: units, room: room, now: now) }
        case .tokenBucket(let bucket):
            return bucket.earliest(state.bucket, units: units, room: room, now: now)
        case .calendarWindow(let window):
            return state.withLog {
                window.earliest(&$0, units: units, room: room, wallOffset: wallOffset, now: now)
            }
        case .spacing(let spacing):
            return spacing.earliest(state.spacing, units: units, now: now)
        case .concurrency:
            return state.concurrency.earliest(units: units, room: room, now: now)
        }
    }

    /// Whether the `weight` of a call fits into `room` at `now`: whether `earliest` is no later.
    @inline(__always)
    package func admits(_ state: inout LimitState, weight: Int, room: Int, now: Instant) -> Bool {
        let units = self.units(ofOne: weight, room: room)
        switch figures {
        case .slidingWindow(let window):
            return state.peekLog { window.admits($0, units: units, room: room, now: now) }
                ?? state.withLog { window.earliest(&$0, units: units, room: room, now: now) <= now }
        case .tokenBucket(let bucket):
            return bucket.admits(state.bucket, units: units, room: room, now: now)
        case .calendarWindow(let window):
            return state.withLog {
                window.earliest(&$0, units: units, room: room, wallOffset: wallOffset, now: now) <= now
            }
        case .spacing(let spacing):
            return spacing.earliest(state.spacing, units: units, now: now) <= now
        case .concurrency:
            return state.concurrency.earliest(units: units, room: room, now: now) != nil
        }
    }

    /// The units that may be in use while `reserved` more stay free.
    package func room(reserved: Int) -> Int {
        max(1, effectiveCapacity - max(0, reserved))
    }

    /// What a single call asks for: one that only the factor makes too dear asks for all that there is.
    @inline(__always)
    private func units(ofOne weight: Int, room: Int) -> Int {
        effectiveCapacity < capacity && weight <= capacity ? min(weight, room) : weight
    }

    /// Takes `units` at `now`, also where they do not fit: what has been sent is sent.
    @inline(__always)
    package func take(_ state: inout LimitState, units: Int, now: Instant) {
        let units = Self.bounded(units)
        switch figures {
        case .slidingWindow(let window):
            state.withLog { window.take(&$0, units: units, now: now) }
        case .tokenBucket(let bucket):
            bucket.take(&state.bucket, units: units, now: now)
        case .calendarWindow(let window):
            state.withLog { window.take(&$0, units: units, wallOffset: wallOffset, now: now) }
        case .spacing(let spacing):
            spacing.take(&state.spacing, now: now)
        case .concurrency:
            state.concurrency.take(units: units)
        }
    }

    /// Gives back `units` taken at `takenAt`, as if they had never been taken: what has come back by itself since is
    /// not given back twice. Once per take.
    package func giveBack(_ state: inout LimitState, units: Int, takenAt: Instant, now: Instant) {
        let units = Self.bounded(units)
        switch figures {
        case .slidingWindow(let window):
            state.withLog { window.giveBack(&$0, units: units, takenAt: takenAt, now: now) }
        case .tokenBucket(let bucket):
            bucket.giveBack(&state.bucket, units: units, takenAt: takenAt, now: now)
        case .calendarWindow(let window):
            state.withLog { window.giveBack(&$0, units: units, takenAt: takenAt, now: now) }
        case .spacing(let spacing):
            spacing.giveBack(&state.spacing, takenAt: takenAt)
        case .concurrency:
            state.concurrency.giveBack(units: units)
        }
    }

    /// An attempt has ended: its place is free. Only concurrency limits hold places; for the others nothing happens.
    @inline(__always)
    package func release(_ state: inout LimitState) {
        if case .concurrency = figures { state.concurrency.giveBack(units: 1) }
    }

    /// The earliest moment, not before `now`, from which on the state is as good as a new one if nothing more is taken;
    /// nil: when places are given back.
    package func fullAgain(_ state: inout LimitState, now: Instant) -> Instant? {
        switch figures {
        case .slidingWindow(let window):
            return state.withLog { window.fullAgain(&$0, now: now) }
        case .tokenBucket(let bucket):
            return bucket.fullAgain(state.bucket, now: now)
        case .calendarWindow(let window):
            return state.withLog { window.fullAgain(&$0, now: now) }
        case .spacing(let spacing):
            return spacing.earliest(state.spacing, units: 1, now: now)
        case .concurrency:
            return state.concurrency.inFlight == 0 ? now : nil
        }
    }

    /// Whether the state is as good as a new one from `now` on, so that it may be forgotten.
    package func isUnused(_ state: inout LimitState, now: Instant) -> Bool {
        fullAgain(&state, now: now) == now
    }

    /// Units in use at `now`; more than the capacity where more were taken than fitted, or the capacity has shrunk.
    package func used(_ state: inout LimitState, now: Instant) -> Int {
        switch figures {
        case .slidingWindow(let window):
            return state.withLog { log in
                window.settle(&log, now: now)
                return log.units
            }
        case .tokenBucket(let bucket):
            return bucket.used(state.bucket, now: now)
        case .calendarWindow(let window):
            return state.withLog { window.used(&$0, wallOffset: wallOffset, now: now) }
        case .spacing(let spacing):
            return spacing.earliest(state.spacing, units: 1, now: now) > now ? 1 : 0
        case .concurrency:
            return state.concurrency.inFlight
        }
    }

    /// What a window holds at `now`, oldest first, in at most `most` (at least 1) moments: more are told as the later ones of
    /// those next to each other. Empty for what is no window; of a spacing, its last attempt.
    package func history(_ state: inout LimitState, now: Instant, most: Int) -> [(stamp: Instant, units: Int)] {
        switch figures {
        case .slidingWindow(let window):
            return state.withLog { log in
                window.settle(&log, now: now)
                return log.entries(most: most)
            }
        case .calendarWindow(let window):
            return state.withLog { log in
                window.settle(&log, now: now)
                return log.entries(most: most)
            }
        case .spacing:
            return state.spacing.last.map { [($0, 1)] } ?? []
        case .tokenBucket, .concurrency:
            return []
        }
    }

    /// Makes a state of `old` one of these rules: what counted at `now` still does, by the new figures. The state of
    /// another algorithm becomes a new one, since it is another limit.
    package func convert(_ state: inout LimitState, from old: LimitRules, now: Instant) {
        switch (old.figures, figures) {
        case (.slidingWindow(let window), .slidingWindow):
            state.withLog { window.settle(&$0, now: now) }
        case (.tokenBucket(let oldBucket), .tokenBucket(let bucket)):
            bucket.convert(&state.bucket, from: oldBucket, now: now)
        case (.calendarWindow(let window), .calendarWindow):
            state.withLog { window.settle(&$0, now: now) }
        case (.spacing, .spacing), (.concurrency, .concurrency):
            break
        case (.slidingWindow, _), (.tokenBucket, _), (.calendarWindow, _), (.spacing, _), (.concurrency, _):
            state = LimitState()
        }
    }

    private static func bounded(_ units: Int) -> Int {
        min(max(1, units), mostUnits)
    }
}
