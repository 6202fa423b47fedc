package import WeirCore

/// Whose words a carrier carries; called on the loop.
package struct FleetSpeaker {
    /// A connection is ready.
    package let connected: () -> Void
    /// The connection is gone.
    package let disconnected: (Instant) -> Void
    /// What is to be said now.
    package let message: (Instant) -> FleetMessage?
    /// An answer to the message of that sequence; nil: the server failed at it.
    package let answered: (FleetReply?, Int64, Instant) -> Void
    /// Time has gone on. Returns whether the connection is no good.
    package let advance: (Instant) -> Bool
    /// When to look again.
    package let nextEvent: (Instant) -> Instant?

    /// The functions of a fleet's instance.
    package init(
        connected: @escaping () -> Void, disconnected: @escaping (Instant) -> Void,
        message: @escaping (Instant) -> FleetMessage?,
        answered: @escaping (FleetReply?, Int64, Instant) -> Void, advance: @escaping (Instant) -> Bool,
        nextEvent: @escaping (Instant) -> Instant?
    ) {
        self.connected = connected
        self.disconnected = disconnected
        self.message = message
        self.answered = answered
        self.advance = advance
        self.nextEvent = nextEvent
    }
}

/// Carries what an instance says to its fleet's server, and back. Lives on the limiter's loop.
package protocol FleetCarrier: AnyObject {
    /// Connects, and goes on until it is stopped.
    func start()
    /// Says what there is to say. To be called when something has changed.
    func poke()
    /// Says a last word, if there is one, and closes.
    func stop(saying last: FleetMessage?)
}
