/// Who runs where.
struct Roster: Sendable {
    /// Every lane.
    var lanes: [Lane] = []
    /// Every upstream and its lane, in the order of the configuration.
    var upstreams: [(name: String, lane: Lane)] = []

    /// The lane of an upstream; nil where there is none of that name.
    func lane(of upstream: String) -> Lane? {
        upstreams.first { $0.name == upstream }?.lane
    }
}
