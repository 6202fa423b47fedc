/// What those in line wait for: each limit, or one key of it, that somebody needs; and what the line will take of it, kept
/// as counters so that a projection takes no walk through the line.
struct Backlog: Sendable {
    private struct Name: Hashable {
        let limit: Int
        let digest: KeyDigest
    }

    private struct Resource {
        /// Its name, where it is a key.
        var name: Name?
        /// Lanes that need it; counted for keys only.
        var lanes = 0
        /// The walk in which somebody was found waiting for it.
        var mark: UInt64 = 0
        /// When none of those waits for it any longer, as far as time alone tells.
        var clearing = Instant.distantFuture
    }

    private let classes = Priority.allCases.count
    /// The limits first, each at its own place; then the keys.
    private var resources: [Resource]
    private var vacant: [Int] = []
    private var keys: [Name: Int] = [:]
    /// Units that are waited for at each resource, and no longer elsewhere; by resource and class.
    private var bound: [Int]
    private var currentMark: UInt64 = 0

    /// Nobody waiting for any of so many limits.
    init(limits: Int) {
        resources = [Resource](repeating: Resource(), count: limits)
        bound = [Int](repeating: 0, count: limits * classes)
    }

    /// What a call contends for at a limit; nil where nobody in line needs that key.
    func find(limit: Int, key: LimitKey?) -> Int? {
        guard let key else { return limit }
        return keys.isEmpty ? nil : keys[Name(limit: limit, digest: key.digest)]
    }

    /// Enters a need of a lane that is being opened.
    mutating func open(limit: Int, key: LimitKey?) -> Int {
        guard let key else { return limit }
        let name = Name(limit: limit, digest: key.digest)
        let place: Int
        if let known = keys[name] {
            place = known
        } else {
            place = vacant.popLast() ?? resources.count
            if place == resources.count {
                resources.append(Resource())
                bound.append(contentsOf: repeatElement(0, count: classes))
            }
            resources[place] = Resource(name: name)
            keys[name] = place
        }
        resources[place].lanes += 1
        return place
    }

    /// Strikes out a need of a lane that is being closed.
    mutating func close(_ place: Int) {
        guard let name = resources[place].name else { return }
        resources[place].lanes -= 1
        guard resources[place].lanes == 0 else { return }
        keys[name] = nil
        resources[place].name = nil
        vacant.append(place)
    }

    // MARK: Units

    /// Units that are taken before those of a newcomer of `priority`, by calls that wait for this longest.
    func ahead(_ resource: Int, priority: Priority) -> Int {
        let first = resource * classes
        return (first...first + priority.rawValue).reduce(0) { $0 + bound[$1] }
    }

    /// Counts `count` more units.
    mutating func add(_ count: Int, resource: Int, priority: Priority) {
        bound[resource * classes + priority.rawValue] += count
    }

    // MARK: Marks

    /// Begins another walk: no mark holds.
    mutating func unmark() {
        currentMark &+= 1
    }

    /// Notes that somebody waits for it until a moment.
    mutating func mark(_ resource: Int, until moment: Instant) {
        resources[resource].clearing = isMarked(resource) ? max(resources[resource].clearing, moment) : moment
        resources[resource].mark = currentMark
    }

    /// When nobody who was found waiting for it in this walk does so any longer.
    func clearing(_ resource: Int) -> Instant {
        resources[resource].clearing
    }

    /// Whether somebody was found waiting for it in this walk.
    func isMarked(_ resource: Int) -> Bool {
        resources[resource].mark == currentMark
    }
}
