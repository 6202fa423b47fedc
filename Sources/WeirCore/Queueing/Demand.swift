/// What a call asks of the limits, and how long it would wait.
public struct Demand: Sendable {
    /// Its endpoint's place.
    public let endpoint: Int
    /// Units it takes of every limit; at least 1.
    public let cost: Int
    /// Its class.
    public let priority: Priority
    /// When it stops waiting for a limit.
    public let deadline: Instant
    /// When it stops waiting where no limit holds it back, only the want of a connection.
    public let readyDeadline: Instant

    /// A call to `endpoint` that waits until `deadline`, or until `readyDeadline` (the same unless given) for a
    /// connection.
    public init(
        endpoint: Int, cost: Int = 1, priority: Priority = .normal, deadline: Instant, readyDeadline: Instant? = nil
    ) {
        self.endpoint = endpoint
        self.cost = max(1, cost)
        self.priority = priority
        self.deadline = deadline
        self.readyDeadline = readyDeadline ?? deadline
    }
}
