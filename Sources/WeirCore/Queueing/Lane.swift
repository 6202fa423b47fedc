/// Calls in line that need the very same limits: those to one endpoint with the same keys. Each class of them stands in a
/// queue of its own, of which only the head can be next.
struct Lane: Sendable {
    struct Queue: Sendable {
        var head: Int?
        var tail: Int?
    }

    /// A limit that its calls need.
    struct Need: Sendable {
        /// Its place for `LimitStack.need`.
        let place: Int
        /// What its calls contend for, as a place in the backlog: the limit, or one key of it.
        let resource: Int
    }

    let endpoint: Int
    let keys: CallKeys
    let needs: [Need]
    /// Calls that stand in it.
    var count = 0
    /// By class.
    var queues = [Queue](repeating: Queue(), count: Priority.allCases.count)
    /// Units of each need that its calls will take, by need and class.
    private var units: [Int]
    /// Those of them that are waited for longest of all needs.
    private var bound: [Int]

    init(endpoint: Int, keys: CallKeys, needs: [Need]) {
        self.endpoint = endpoint
        self.keys = keys
        self.needs = needs
        units = [Int](repeating: 0, count: needs.count * Priority.allCases.count)
        bound = units
    }

    /// Units of a need that are taken before those of a newcomer of `priority`, and not because they wait for it.
    func ahead(need: Int, priority: Priority) -> Int {
        let first = need * Priority.allCases.count
        return (first...first + priority.rawValue).reduce(0) { $0 + units[$1] - bound[$1] }
    }

    /// Units of a need that its calls of a class will take.
    func units(need: Int, priority: Priority) -> Int {
        units[need * Priority.allCases.count + priority.rawValue]
    }

    /// Counts `count` more units of a need.
    mutating func add(_ count: Int, need: Int, priority: Priority, isBound: Bool) {
        let place = need * Priority.allCases.count + priority.rawValue
        units[place] += count
        if isBound { bound[place] += count }
    }
}
