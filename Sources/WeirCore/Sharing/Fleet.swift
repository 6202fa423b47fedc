/// One instance's part in a fleet that shares the limits of one upstream: when to say what to the server, when it
/// decides and when this instance does.
///
/// One message is under way at a time. Each is acted on within `transit` of its sending or not at all (the server
/// refuses it by its deadline), and says for how long after that the instance does nothing by itself. So once both have
/// gone by since the last message, the server has begun to keep this instance's part for it, and the instance may begin
/// to use it.
package struct Fleet: Sendable {
    private enum Phase: Sendable {
        /// The server decides.
        case joined
        /// A request to join is under way: nothing is admitted.
        case joining(wasApart: Bool)
        /// The server is out of reach, but may not know yet: what it granted is admitted, and what it keeps for each.
        case lost
        /// This instance decides.
        case apart
    }

    private struct Flight: Sendable {
        let message: FleetMessage
        let sent: Instant
        /// `freeAt` as it was before.
        let before: Instant
    }

    /// What happened and is worth telling.
    package enum Event: Hashable, Sendable {
        /// This instance decides by itself from here on.
        case lost
        /// The server decides again.
        case back
    }

    /// How it shares.
    package let settings: FleetSettings
    /// The limits, by their place.
    package internal(set) var limits: [SharedLimit]
    private var phase = Phase.lost
    private var flight: Flight?
    private var isConnected = false
    private var isMember = false
    /// Whether it has ever taken part.
    private var wasMember = false
    private var clock = ServerClock()
    private var sequence: Int64 = 0
    /// From when on this instance may decide by itself.
    private var freeAt: Instant
    private var joinDue: Instant
    private var restDue: Instant
    private var wasApart = false
    private var stops: [FleetStop] = []
    private var events: [Event] = []
    private var hasTurned = false

    /// An instance that begins at `now` and has used nothing. It has `slack` to find the server.
    package init(_ algorithms: [LimitSettings.Algorithm], settings: FleetSettings, now: Instant) {
        self.settings = settings
        limits = algorithms.map { SharedLimit($0, fleet: settings, now: now) }
        freeAt = now + settings.slack
        joinDue = now
        restDue = now
    }

    /// Whether the server decides.
    package var isShared: Bool {
        switch phase {
        case .joined: true
        case .joining, .lost, .apart: false
        }
    }

    /// How long what was used can count.
    private var memory: TimeSpan {
        limits.map(\.firstRoomLasts).max() ?? .zero
    }

    // MARK: The connection

    /// A connection to the server is ready.
    package mutating func connected() {
        isConnected = true
        clock.forget()
    }

    /// The connection is gone, and what was under way with it.
    package mutating func disconnected() {
        isConnected = false
        flight = nil
        lose()
    }

    /// The server is out of reach, unless it was already.
    private mutating func lose() {
        guard !isApart else { return }
        phase = .lost
        hasTurned = true
        for place in limits.indices { limits[place].strand() }
    }

    private var isApart: Bool {
        if case .apart = phase { true } else { false }
    }

    // MARK: Saying

    /// What is to be said now; nil where nothing is, or the answer to something else is awaited.
    package mutating func message(now: Instant) -> FleetMessage? {
        guard isConnected, flight == nil else { return nil }
        guard clock.isKnown else { return send(.time, lease: .zero, now: now) }
        switch phase {
        case .apart, .lost:
            if isMember, case .lost = phase, !limits.contains(where: \.hasStrayed) {
                for place in limits.indices { limits[place].unstrand() }
                return ask(now: now)
            }
            guard now >= joinDue else { return nil }
            let wasDeciding = isApart
            phase = .joining(wasApart: wasDeciding)
            // A server that has lost its memory holds it to its claim, which begins with the loss.
            if !wasDeciding, wasMember {
                for place in limits.indices { limits[place].beginClaim(now: now) }
            }
            let message = send(.join, lease: settings.askLease, now: now)
            // What it reports is to stay the truth until the server has it.
            for place in limits.indices { limits[place].share() }
            return message
        case .joining:
            return nil
        case .joined:
            return ask(now: now)
        }
    }

    /// Takes leave of the fleet; nil where it takes no part.
    package mutating func leave(now: Instant) -> FleetMessage? {
        guard isConnected, isMember, clock.isKnown, case .joined = phase else { return nil }
        isMember = false
        flight = nil
        return send(.leave, lease: .zero, now: now)
    }

    private mutating func ask(now: Instant) -> FleetMessage? {
        var isEager = false
        var hasNews = !stops.isEmpty
        var waitsUntil: Instant?
        for place in limits.indices {
            limits[place].settle(now: now)
            if limits[place].isEager(now: now) { isEager = true }
            if limits[place].hasNews { hasNews = true }
            if let moment = limits[place].waitsUntil(now: now) { waitsUntil = min(waitsUntil ?? moment, moment) }
        }
        if isEager { return send(.ask, lease: settings.askLease, now: now) }
        if hasNews { restDue = min(restDue, now + FleetSettings.newsDelay) }
        guard now >= restDue || !isShared else { return nil }
        // Whoever waits for a moment that the server gave loses nothing by promising to do nothing until then.
        let lease = waitsUntil.map { min(max($0 - now, settings.askLease), settings.restLease) } ?? settings.restLease
        return send(.ask, lease: lease, now: now)
    }

    private mutating func send(_ verb: FleetMessage.Verb, lease: TimeSpan, now: Instant) -> FleetMessage {
        sequence += 1
        let isQuestion = verb == .time
        let message = FleetMessage(
            verb: verb, sequence: sequence, deadline: clock.time(at: now) + settings.transit.nanoseconds / 1000,
            lease: lease, memory: memory,
            limits: isQuestion ? [] : limits.indices.map { limits[$0].message(verb, now: now) },
            stops: isQuestion ? [] : stops)
        if !isQuestion { stops = [] }
        flight = Flight(message: message, sent: now, before: freeAt)
        if !isQuestion { freeAt = max(freeAt, now + settings.transit + lease) }
        return message
    }

    // MARK: Hearing

    /// The server has answered the message of that `sequence`. Returns the provider's stops that it tells of; nil where
    /// the answer is not awaited any longer: then it means nothing.
    package mutating func receive(_ reply: FleetReply, to sequence: Int64, now: Instant) -> [FleetStop]? {
        guard let flight, flight.message.sequence == sequence, now <= flight.sent + settings.slack else { return nil }
        self.flight = nil
        switch reply.status {
        case .time:
            clock.note(server: reply.now, now: now)
        case .ok:
            clock.note(server: reply.now, now: now)
            accept(reply, flight, now: now)
            return reply.stops
        case .stale:
            clock.forget()
            nothingDone(flight, now: now)
        case .late:
            // Its twin may have been acted on.
            joinDue = now + FleetSettings.joinRetry
            lose()
        case .left:
            nothingDone(flight, now: now)
        case .unknown:
            isMember = false
            nothingDone(flight, now: now)
        case .full:
            nothingDone(flight, now: now)
        }
        advance(now: now)
        return []
    }

    /// The server has failed at the message of that `sequence`: it may have been acted on all the same.
    package mutating func fail(_ sequence: Int64, now: Instant) {
        guard let flight, flight.message.sequence == sequence else { return }
        self.flight = nil
        joinDue = now + FleetSettings.joinRetry
        lose()
        advance(now: now)
    }

    /// The server has not acted on a message: things are as they were before it.
    private mutating func nothingDone(_ flight: Flight, now: Instant) {
        freeAt = flight.before
        if case .joining(let wasApart) = phase {
            joinDue = now + FleetSettings.joinRetry
            if wasApart {
                phase = .apart
                for place in limits.indices { limits[place].resume() }
                return
            }
        }
        lose()
    }

    private mutating func accept(_ reply: FleetReply, _ flight: Flight, now: Instant) {
        guard reply.decisions.count == limits.count else { return }
        freeAt = flight.sent + settings.transit + flight.message.lease
        if case .joining = phase {
            (isMember, wasMember) = (true, true)
            if wasApart { events.append(.back) }
            wasApart = false
        }
        phase = .joined
        let isRest = flight.message.lease > settings.askLease
        restDue =
            isRest
            ? flight.sent + TimeSpan(nanoseconds: flight.message.lease.nanoseconds / 2) : now + settings.restDelay
        for (place, decision) in reply.decisions.enumerated() {
            let asked = flight.message.limits[place].want > 0
            limits[place].receive(decision, server: reply.now, wasAsked: asked, asked: flight.sent, now: now)
        }
    }

    // MARK: Time

    /// What has become due: an answer that has not come, or the end of the wait before this instance decides by itself.
    /// Returns whether the connection is no good.
    @discardableResult
    package mutating func advance(now: Instant) -> Bool {
        var isBroken = false
        if let flight, now > flight.sent + settings.slack {
            isBroken = true
            disconnected()
        }
        if case .lost = phase, flight.map({ $0.message.verb == .time }) ?? true, now >= freeAt {
            phase = .apart
            hasTurned = true
            isMember = false
            for place in limits.indices { limits[place].goApart(isKnown: wasMember, now: now) }
            if !wasApart { events.append(.lost) }
            wasApart = true
        }
        return isBroken
    }

    /// When to `advance` and ask for a `message` again at the latest; nil: when something happens.
    package func nextEvent(now: Instant) -> Instant? {
        var moments: [Instant] = []
        if let flight { moments.append(flight.sent + settings.slack + TimeSpan(nanoseconds: 1)) }
        switch phase {
        case .lost:
            moments.append(freeAt)
            if isConnected, flight == nil { moments.append(joinDue) }
        case .apart: if isConnected, flight == nil { moments.append(joinDue) }
        case .joined:
            if flight == nil { moments.append(restDue) }
            moments += limits.compactMap(\.nextExpiry)
        case .joining: break
        }
        return moments.min()
    }

    /// Whether, since this was last asked, something else than an answer has changed who may go.
    package mutating func takeTurn() -> Bool {
        defer { hasTurned = false }
        return hasTurned
    }

    /// What has happened since this was last asked.
    package mutating func takeEvents() -> [Event] {
        defer { events = [] }
        return events
    }

    /// Has the others told of a stop of the provider.
    package mutating func tell(_ stop: FleetStop) {
        stops.removeAll { $0.scope == stop.scope }
        stops.append(stop)
    }
}

/// The limits at work, by their place.
extension Fleet {
    /// The earliest moment at which so many units fit after `ahead` others; `distantFuture` where the server has to be
    /// asked.
    package mutating func earliest(_ limit: Int, units: Int, ahead: Int = 0, now: Instant) -> Instant {
        limits[limit].earliest(units: units, ahead: ahead, now: now)
    }

    /// Takes units, whether they fit or not.
    package mutating func take(_ limit: Int, units: Int, now: Instant) {
        limits[limit].take(units: units, now: now)
    }

    /// Gives back units taken at `takenAt`, as if they had never been.
    package mutating func giveBack(_ limit: Int, units: Int, takenAt: Instant, now: Instant) {
        limits[limit].giveBack(units: units, takenAt: takenAt, now: now)
    }

    /// What is used and free: of the whole fleet's, or apart of this instance's part.
    package mutating func usage(_ limit: Int, now: Instant) -> (used: Int, remaining: Int) {
        limits[limit].usage(now: now)
    }

    /// An attempt has ended: its place is free.
    package mutating func release(_ limit: Int) {
        limits[limit].release()
    }

    /// Has a limit's figures count `factor` times from here on.
    package mutating func setFactor(_ limit: Int, _ factor: Double) {
        limits[limit].setFactor(factor)
    }

    /// Sets what calls in line want beside what is granted: units in all, and the least that is of use.
    package mutating func setWant(_ limit: Int, units: Int, least: Int) {
        limits[limit].setWant(units, least: least)
    }

    /// Tells how far the wall clock is ahead of the monotonic one.
    package mutating func setWallOffset(_ offset: TimeSpan) {
        for place in limits.indices { limits[place].setWallOffset(offset) }
    }
}
