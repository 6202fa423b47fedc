/// One limit that a fleet shares, as one instance sees it: what the server has granted and is not used yet, what this
/// instance has used itself, and its part for when the server is out of reach.
///
/// Granted units are fungible among the calls in line; each is good for `slack` after it was asked for and no longer.
package struct SharedLimit: Sendable {
    /// Who decides.
    package enum Standing: Sendable {
        /// The server: only what it grants is admitted.
        case shared
        /// The server, for all it knows, which cannot be asked: beside what it granted, only what it keeps for each
        /// instance is admitted.
        case stranded
        /// This instance, within its claim.
        case apart
    }

    /// What this instance may have in use by its own decision: until a moment no more than it used when that began,
    /// since others, which the server could no longer restrain, may have used the rest; then its part.
    private struct Claim: Sendable {
        let firstRoom: Int
        let until: Instant
    }

    private struct Grant: Sendable {
        var units: Int
        var taken = 0
        let until: Instant
        let expiry: Int64
    }

    /// Units asked for at once, at the most.
    private static let mostWanted = 1024
    /// What is reported or given back at once, at the most.
    private static let mostEntries = 512

    private let fleet: FleetSettings
    private var rules: LimitRules
    private var own = LimitState()
    private var apartRules: LimitRules
    private var apartState = LimitState()
    package private(set) var standing = Standing.shared
    private var claim: Claim
    private var grants: [Grant] = []
    private var returns: [FleetMessage.Entry] = []
    private var retry: Instant?
    private var fleetUsed = 0
    private var isFloorKept = false
    /// Units that calls in line want beside what is granted, and the least that is of use to one of them.
    private var want = 0
    private var least = 0
    /// Whether there is something to tell the server.
    private(set) var hasNews = false
    /// Whether units were taken that the server does not know of: a report has to come before it is asked again.
    private(set) var hasStrayed = false
    /// When the server last had less than was wanted.
    private(set) var lastShortage: Instant?

    /// A limit of which nothing is used.
    package init(_ algorithm: LimitSettings.Algorithm, fleet: FleetSettings, now: Instant) {
        self.fleet = fleet
        rules = LimitRules(algorithm)
        apartRules = LimitRules(Self.part(of: algorithm, fleet))
        // Whoever ran here before may have crashed a moment ago: it has used what nobody here knows of.
        let lasts = Self.counts(algorithm, slack: fleet.slack)
        claim = Claim(firstRoom: 0, until: now + min(lasts, FleetSettings.longestSilence))
    }

    /// This instance's part of the units, at least 1.
    package var part: Int { max(1, rules.effectiveCapacity / fleet.instances) }

    /// Units that the server keeps for each instance, so that none is shut out when an outage begins.
    var floor: Int {
        switch rules.algorithm {
        case .slidingWindow, .calendarWindow, .concurrency: max(firstRoomLasts > .seconds(10) ? 1 : 0, part / 64)
        case .tokenBucket, .spacing: 0
        }
    }

    /// The most that one call may cost: what could also be admitted without the server.
    package var largestCost: Int { max(1, rules.capacity / fleet.instances) }

    /// How long what was used when an outage began may count.
    var firstRoomLasts: TimeSpan { Self.counts(rules.algorithm, slack: fleet.slack) }

    private static func counts(_ algorithm: LimitSettings.Algorithm, slack: TimeSpan) -> TimeSpan {
        switch algorithm {
        case .slidingWindow(_, let per, let margin), .calendarWindow(_, let per, let margin):
            per + (margin + slack) * 2
        case .concurrency: FleetSettings.placeLease
        case .tokenBucket, .spacing: slack * 2
        }
    }

    // MARK: Admission

    /// The earliest moment at which so many units fit after `ahead` others; `distantFuture` where the server has to be
    /// asked.
    mutating func earliest(units: Int, ahead: Int = 0, now: Instant) -> Instant {
        switch standing {
        case .shared:
            if units + ahead <= usable(now: now) { return now }
            return retry.map { $0 > now ? $0 : .distantFuture } ?? .distantFuture
        case .stranded:
            let granted = usable(now: now)
            if units + ahead <= granted { return now }
            // The server keeps this much in any case; what it granted is part of that.
            let kept = isFloorKept ? floor - rules.used(&own, now: now) - granted : 0
            return units + ahead <= kept ? now : .distantFuture
        case .apart:
            let until = claim.until
            let moment: Instant
            switch rules.algorithm {
            case .slidingWindow, .calendarWindow, .concurrency:
                let room = room(now: now)
                if room == 0 { return until }
                moment =
                    rules.earliest(
                        &own, units: units, ahead: ahead, reserved: rules.effectiveCapacity - room, now: now)
                    ?? .distantFuture
            case .tokenBucket, .spacing:
                moment =
                    apartRules.earliest(&apartState, units: units, ahead: ahead, now: now) ?? .distantFuture
            }
            return moment > now && now < until ? min(moment, until) : moment
        }
    }

    /// Takes units: of what is granted, as far as that goes.
    mutating func take(units: Int, now: Instant) {
        rules.take(&own, units: units, now: now)
        switch standing {
        case .shared, .stranded:
            var left = units
            for place in grants.indices where left > 0 && grants[place].until > now {
                let taken = min(left, grants[place].units)
                grants[place].units -= taken
                grants[place].taken += taken
                left -= taken
            }
            if left > 0 { hasStrayed = true }
        case .apart:
            apartRules.take(&apartState, units: units, now: now)
        }
    }

    /// Gives back units taken at `takenAt`: to the next call, or to the server.
    mutating func giveBack(units: Int, takenAt: Instant, now: Instant) {
        rules.giveBack(&own, units: units, takenAt: takenAt, now: now)
        switch standing {
        case .shared, .stranded:
            var left = units
            for place in grants.indices.reversed() where left > 0 && grants[place].until > now {
                let returned = min(left, grants[place].taken)
                grants[place].taken -= returned
                grants[place].units += returned
                left -= returned
            }
        case .apart:
            apartRules.giveBack(&apartState, units: units, takenAt: takenAt, now: now)
        }
        hasNews = true
    }

    /// An attempt has ended: its place is free.
    mutating func release() {
        guard rules.holdsPlaces else { return }
        rules.release(&own)
        apartRules.release(&apartState)
        hasNews = true
    }

    /// Sets what calls in line want beside what is granted: units in all, and the least that is of use.
    package mutating func setWant(_ units: Int, least: Int) {
        want = min(units, Self.mostWanted, rules.effectiveCapacity)
        self.least = min(least, want)
    }

    /// Whether something is wanted that may be asked for at `now`.
    mutating func isEager(now: Instant) -> Bool {
        want > 0 && hasToAsk(now: now)
    }

    /// Whether the server is to be asked for what a call that comes now needs.
    func hasToAsk(now: Instant) -> Bool {
        guard case .shared = standing else { return false }
        return retry.map { $0 <= now } ?? true
    }

    /// When to ask for what is wanted; nil where nothing is, or now.
    func waitsUntil(now: Instant) -> Instant? {
        want > 0 ? retry.flatMap { $0 > now ? $0 : nil } : nil
    }

    // MARK: The server

    /// What there is to say of it.
    mutating func message(_ verb: FleetMessage.Verb, now: Instant) -> FleetMessage.Limit {
        settle(now: now)
        var message = FleetMessage.Limit(kind: kind, capacity: sharedCapacity, floor: floor)
        hasNews = false
        if rules.holdsPlaces { message.held = rules.used(&own, now: now) + usable(now: now) }
        message.room = room(now: now)
        if verb == .join {
            message.list = rules.history(&own, now: now, most: Self.mostEntries).map {
                FleetMessage.Entry(moment: max(0, (now - $0.stamp).nanoseconds / 1000), units: $0.units)
            }
            returns = []
            return message
        }
        message.list = returns
        returns = []
        if isEager(now: now) {
            message.want = want
            message.least = max(1, min(least, want))
        } else if want > 0 {
            message.least = 1
        }
        return message
    }

    /// What the server has decided of a question that was sent at `asked` and is answered now.
    mutating func receive(
        _ decision: FleetReply.Decision, server: Int64, wasAsked: Bool, asked: Instant, now: Instant
    ) {
        fleetUsed = decision.used
        isFloorKept = isFloorKept || decision.isFloorKept
        if wasAsked {
            if decision.retry > 0 { lastShortage = now }
            let wait = TimeSpan(nanoseconds: max(0, decision.retry - server)) * 1000
            retry = decision.retry > 0 ? now + wait : nil
        }
        if decision.granted > 0 {
            want = max(0, want - decision.granted)
            grants.append(
                Grant(units: decision.granted, until: asked + fleet.slack, expiry: decision.expiry))
        }
    }

    /// The server may decide from here on, which has been told what was used: nothing is admitted but by a new grant.
    mutating func share() {
        standing = .shared
        grants = []
        retry = nil
        isFloorKept = false
        hasStrayed = false
    }

    /// The server cannot be asked, but may still decide.
    mutating func strand() {
        standing = .stranded
    }

    /// The server is asked again: nothing is admitted but by its grant.
    mutating func unstrand() {
        standing = .shared
    }

    /// The server has done nothing: this instance goes on to decide as before.
    mutating func resume() {
        standing = .apart
    }

    /// This instance decides from here on, within its part and what it has used. One that has never taken part goes on
    /// with the claim that it began with: nothing was kept for it.
    mutating func goApart(isKnown: Bool, now: Instant) {
        grants = []
        returns = []
        retry = nil
        standing = .apart
        lastShortage = nil
        if isKnown { beginClaim(now: now) }
        apartState = LimitState()
        if !rules.holdsPlaces { apartRules.take(&apartState, units: apartRules.effectiveCapacity, now: now) }
    }

    /// From here on this instance would allow itself no more than it has in use, for as long as that counts.
    mutating func beginClaim(now: Instant) {
        let used = max(isFloorKept ? floor : 0, min(part, rules.used(&own, now: now)))
        claim = Claim(firstRoom: used, until: now + firstRoomLasts)
    }

    /// Drops what was granted and is no longer good; it goes back to the server.
    mutating func settle(now: Instant) {
        for grant in grants where grant.until <= now && grant.units > 0 && !rules.holdsPlaces {
            hasNews = true
            if returns.count < Self.mostEntries, grant.expiry > 0 {
                returns.append(FleetMessage.Entry(moment: grant.expiry, units: grant.units))
            }
        }
        grants.removeAll { $0.until <= now }
    }

    /// When something that was granted ceases to be good; nil where nothing is.
    var nextExpiry: Instant? {
        grants.lazy.filter { $0.units > 0 }.map(\.until).min()
    }

    // MARK: Changes

    /// Has the figures count `factor` times from here on.
    mutating func setFactor(_ factor: Double) {
        rules = LimitRules(rules.algorithm, factor: factor, wallOffset: rules.wallOffset)
        apartRules = LimitRules(apartRules.algorithm, factor: factor, wallOffset: rules.wallOffset)
    }

    /// Tells how far the wall clock is ahead of the monotonic one.
    mutating func setWallOffset(_ offset: TimeSpan) {
        rules.wallOffset = offset
        apartRules.wallOffset = offset
    }

    /// What is used and free: of the whole fleet, or apart of this instance's part.
    mutating func usage(now: Instant) -> (used: Int, remaining: Int) {
        switch standing {
        case .shared, .stranded:
            return (fleetUsed, max(0, rules.effectiveCapacity - fleetUsed))
        case .apart:
            let used = rules.used(&own, now: now)
            return (used, max(0, room(now: now) - used))
        }
    }

    // MARK: Figures

    /// Units granted that are good at `now`.
    func usable(now: Instant) -> Int {
        grants.reduce(0) { $1.until > now ? $0 + $1.units : $0 }
    }

    private func room(now: Instant) -> Int {
        now < claim.until ? claim.firstRoom : part
    }

    /// A bucket has as much less burst as grows while a unit is under way.
    private var sharedCapacity: Int {
        guard case .tokenBucket(let rate, _) = rules.algorithm else { return rules.effectiveCapacity }
        return max(1, rules.effectiveCapacity - Self.grown(rate, in: fleet.slack))
    }

    private var kind: FleetMessage.Kind {
        switch rules.algorithm {
        case .slidingWindow(_, let per, let margin): .sliding(span: per, margin: margin)
        case .calendarWindow(_, let per, let margin): .calendar(per: per, margin: margin)
        case .tokenBucket(let rate, _): .bucket(permits: Double(rate.permits) * rules.factor, period: rate.period)
        case .spacing(let every, let margin):
            .spacing(every: TimeSpan(nanoseconds: Int64(Double(every.nanoseconds) / rules.factor)), margin: margin)
        case .concurrency: .concurrency
        }
    }

    private static func part(
        of algorithm: LimitSettings.Algorithm, _ fleet: FleetSettings
    ) -> LimitSettings.Algorithm {
        let count = Int64(fleet.instances)
        switch algorithm {
        case .tokenBucket(let rate, let burst):
            return .tokenBucket(
                rate: Rate(permits: rate.permits, per: rate.period * count),
                burst: max(1, (burst - grown(rate, in: fleet.slack)) / fleet.instances))
        case .spacing(let every, let margin):
            return .spacing(every: every * count, margin: margin)
        case .slidingWindow, .calendarWindow, .concurrency:
            return algorithm
        }
    }

    /// Units that grow in a time, rounded up.
    private static func grown(_ rate: Rate, in span: TimeSpan) -> Int {
        let product = Int128(rate.permits) * Int128(span.nanoseconds)
        let period = Int128(rate.period.nanoseconds)
        return Int(clamping: (product + period - 1) / period)
    }
}
