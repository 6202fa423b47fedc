/// What a call asks of the limits, and how long it would wait.
public struct Demand: Sendable {
    /// What it asks of the stack.
    var request: LimitStack.Request
    /// Its class.
    public let priority: Priority
    /// When it stops waiting for a limit, a freeze or a delay.
    public internal(set) var deadline: Instant
    /// When it stops waiting where nothing of that holds it back, only the want of a connection.
    public internal(set) var readyDeadline: Instant

    /// A call to `endpoint` that waits until `deadline`, or until `readyDeadline` (the same unless given) for a
    /// connection.
    public init(
        endpoint: Int, cost: Int = 1, priority: Priority = .normal, keys: CallKeys = .none, deadline: Instant,
        readyDeadline: Instant? = nil
    ) {
        request = LimitStack.Request(
            endpoint: endpoint, cost: max(1, cost), isCritical: priority == .critical, keys: keys)
        self.priority = priority
        self.deadline = deadline
        self.readyDeadline = readyDeadline ?? deadline
    }

    /// Its endpoint's place.
    public var endpoint: Int { request.endpoint }

    /// Units it takes of every limit that counts them; at least 1.
    public var cost: Int { request.cost }

    /// Its keys, made by the endpoint's `Keying`; none where no limit of it is keyed.
    public var keys: CallKeys { request.keys }
}
