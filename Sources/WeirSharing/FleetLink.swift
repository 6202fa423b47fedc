package import NIOCore
package import WeirCore
package import WeirRuntime

/// Carries what an instance says to its fleet's server and back, on the loop of its upstream. Never blocks; what is not
/// answered in time ends the connection, and another is made.
package final class FleetLink: FleetCarrier {
    /// What is told of the connection's life.
    package enum Event: Sendable {
        /// A command was answered after this long.
        case answered(after: TimeSpan)
        /// The connection has ended or could not be had, and why.
        case ended(String)
    }

    private static let firstBackoff = TimeSpan.milliseconds(20)
    private static let lastBackoff = TimeSpan.seconds(1)

    private let address: RedisAddress
    private let keys: [String]
    private let id: String
    private let settings: FleetSettings
    private let eventLoop: any EventLoop
    private let speaker: FleetSpeaker
    private let tell: (Event) -> Void
    private var connection: RedisConnection?
    private var run: String?
    private var digest = ""
    private var backoff = FleetLink.firstBackoff
    private var timer = LoopTimer()
    private var reconnect: Scheduled<Void>?
    private var isStopped = false
    private var isRunning = false

    /// A link that is not connected yet.
    ///
    /// - Parameters:
    ///   - address: the server.
    ///   - keys: `FleetScript.keys`, in the order of the fleet's limits.
    ///   - id: this instance's name, of its own for every start.
    ///   - settings: how the fleet shares.
    ///   - tell: is told of the connection.
    package init(
        address: RedisAddress, keys: [String], id: String, settings: FleetSettings, eventLoop: any EventLoop,
        speaker: FleetSpeaker, tell: @escaping (Event) -> Void
    ) {
        self.address = address
        self.keys = keys
        self.id = id
        self.settings = settings
        self.eventLoop = eventLoop
        self.speaker = speaker
        self.tell = tell
    }

    /// Connects, and goes on until it is stopped.
    package func start() {
        open()
        poke()
    }

    /// Says what there is to say. To be called when something has changed.
    package func poke() {
        guard !isRunning, !isStopped else { return }
        isRunning = true
        defer { isRunning = false }
        let now = eventLoop.instant
        if speaker.advance(now) { drop("no answer within \(settings.slack.nanoseconds / 1_000_000) ms", now: now) }
        if connection != nil, run != nil, let message = speaker.message(now) { say(message, now: now) }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer.set(speaker.nextEvent(now), on: eventLoop) {
            bound.value.timer.fired()
            bound.value.poke()
        }
    }

    /// Says a last word, if there is one, and closes.
    package func stop(saying last: FleetMessage?) {
        guard !isStopped else { return }
        isStopped = true
        timer.set(nil, on: eventLoop) {}
        reconnect?.cancel()
        if let last, let run, let connection {
            connection.send([command(last, run: run)]) { _, _ in connection.close() }
        }
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .nanoseconds(settings.slack.nanoseconds)) { bound.value?.close() }
        connection = nil
    }

    private func command(_ message: FleetMessage, run: String) -> [String] {
        let keys = message.limits.isEmpty ? Array(keys.prefix(1)) : keys
        return ["EVALSHA", digest, "\(keys.count)"] + keys
            + FleetScript.arguments(message, id: id, run: run, settings: settings)
    }

    private func say(_ message: FleetMessage, now: Instant) {
        guard let run else { return }
        connection?.send([command(message, run: run)]) { [self] _, value in
            if case .error(let text) = value, text.hasPrefix("NOSCRIPT") {
                return teach(message, run: run, sent: now)
            }
            answered(value, message, sent: now)
        }
    }

    /// The server has lost the script, so it has not run: it is told once more.
    private func teach(_ message: FleetMessage, run: String, sent: Instant) {
        connection?.send([["SCRIPT", "LOAD", FleetScript.source], command(message, run: run)]) { [self] place, value in
            if place == 1 { answered(value, message, sent: sent) }
        }
    }

    private func answered(_ value: RedisValue, _ message: FleetMessage, sent: Instant) {
        let now = eventLoop.instant
        tell(.answered(after: now - sent))
        let reply = FleetScript.reply(value)
        if reply != nil { backoff = Self.firstBackoff }
        if case .error(let text) = value { tell(.ended(text)) }
        speaker.answered(reply, message.sequence, now)
        poke()
    }

    // MARK: Connecting

    private func open() {
        guard !isStopped else { return }
        let made = RedisConnection(
            ready: { [self] in greet() },
            ended: { [self] reason in
                drop(reason, now: eventLoop.instant)
                poke()
            })
        connection = made
        made.open(address.transport, timeout: Self.lastBackoff, on: eventLoop)
    }

    private func greet() {
        let greeting = address.greeting(script: FleetScript.source)
        let deadline = NIOLoopBound((self, connection), eventLoop: eventLoop)
        let timeout = eventLoop.scheduleTask(in: .nanoseconds((settings.slack * 4).nanoseconds)) {
            let (link, connection) = deadline.value
            guard link.connection === connection, link.run == nil else { return }
            link.drop("no answer to the greeting", now: link.eventLoop.instant)
        }
        var found: String?
        connection?.send(greeting) { [self] place, value in
            switch value {
            case .error(let text):
                // Told apart from what follows: a wrong password is not shown, only that it was refused.
                timeout.cancel()
                drop("refused \(greeting[place][0]): \(text.prefix(100))", now: eventLoop.instant)
            case .text(let text):
                if place == greeting.count - 2 { found = Self.run(in: text) }
                guard place == greeting.count - 1 else { return }
                timeout.cancel()
                guard let found else { return drop("no run_id in INFO server", now: eventLoop.instant) }
                run = found
                digest = text
                speaker.connected()
                poke()
            case .integer, .array, .null:
                drop("not a reply of Redis", now: eventLoop.instant)
            }
        }
    }

    private static func run(in info: String) -> String? {
        info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }.map { String($0.dropFirst(7)) }
    }

    /// Gives the connection up and arranges for another.
    private func drop(_ reason: String, now: Instant) {
        guard let old = connection else { return }
        connection = nil
        run = nil
        old.close()
        speaker.disconnected(now)
        tell(.ended(reason))
        guard !isStopped else { return }
        let wait = TimeSpan(nanoseconds: Int64(Double(backoff.nanoseconds) * Double.random(in: 0.75...1.25)))
        backoff = min(backoff * 2, Self.lastBackoff)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        reconnect = eventLoop.scheduleTask(in: .nanoseconds(wait.nanoseconds)) { bound.value.open() }
    }
}
