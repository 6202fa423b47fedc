/// Units that the line holds ahead of a newcomer, kept as counters so that a projection takes no walk through the line.
///
/// For a limit of its own, everything in line for the endpoint is ahead. For a shared limit, so is whatever waits for
/// that very limit elsewhere; calls that wait longer for something else are not, since they will not need it first.
struct Backlog: Sendable {
    private let classes = Priority.allCases.count
    private let limits: Int
    private var byEndpoint: [Int]
    private var byBottleneck: [Int]
    private var byEndpointAndBottleneck: [Int]

    init(endpoints: Int, limits: Int) {
        self.limits = limits
        byEndpoint = [Int](repeating: 0, count: endpoints * classes)
        byBottleneck = [Int](repeating: 0, count: limits * classes)
        byEndpointAndBottleneck = [Int](repeating: 0, count: endpoints * limits * classes)
    }

    mutating func add(_ waiter: Line.Waiter, needs: [Int]) {
        count(waiter, waiter.cost, needs)
    }

    mutating func remove(_ waiter: Line.Waiter, needs: [Int]) {
        count(waiter, -waiter.cost, needs)
    }

    /// Units of `limit` that are granted before a newcomer of `priority` to `endpoint`.
    func ahead(limit: Int, endpoint: Int, priority: Priority) -> Int {
        var units = 0
        for rank in 0...priority.rawValue {
            units += byEndpoint[endpoint * classes + rank]
            units += byBottleneck[limit * classes + rank]
            units -= byEndpointAndBottleneck[(endpoint * limits + limit) * classes + rank]
        }
        return units
    }

    private mutating func count(_ waiter: Line.Waiter, _ units: Int, _ needs: [Int]) {
        let rank = waiter.priority.rawValue
        byEndpoint[waiter.endpoint * classes + rank] += units
        // Who waits for nothing but a connection takes units of every limit that it needs as soon as it has one.
        for limit in waiter.bottleneck.map({ [$0] }) ?? needs {
            byBottleneck[limit * classes + rank] += units
            byEndpointAndBottleneck[(waiter.endpoint * limits + limit) * classes + rank] += units
        }
    }
}
