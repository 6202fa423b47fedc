internal import WeirConfiguration
internal import WeirProxy

/// What is to become of listeners and upstreams so that those of a configuration run, and no call is lost on the way.
///
/// An upstream never leaves its lane: its limits, circuits, connections and calls live there. So do listeners, which hold
/// their address. Where the two do not agree there is no plan.
struct ReloadPlan {
    /// How all is arranged afterwards; there may be more lanes than before.
    let next: Arrangement
    /// The listeners that are to be opened.
    let opened: Set<ListenerKey>
    /// The listeners that are to be closed.
    let closed: Set<ListenerKey>
    /// The upstreams that are new.
    let added: [String]
    /// The upstreams that are gone.
    let removed: [String]

    /// Plans the way from one arrangement to the upstreams of a configuration.
    ///
    /// - Parameters:
    ///   - file: how the configuration is called in problems.
    ///   - mostLanes: lanes at most, as long as there are so few already; at least 1.
    /// - Throws: `ConfigurationError` where listeners and upstreams of two lanes would have to come together.
    init(
        from present: Arrangement, to upstreams: [UpstreamSettings], file: String, mostLanes: Int
    ) throws(ConfigurationError) {
        var next = Arrangement(lanes: present.lanes.map { _ in [] })
        var problems: [ConfigurationProblem] = []
        // Those that are bound to a lane first: the others fill up what is idle.
        let sites = Self.sites(of: upstreams)
        var free: [Arrangement.Site] = []
        for site in sites {
            switch Self.lane(of: site, in: present) {
            case .any: free.append(site)
            case .one(let lane): next.lanes[lane].append(site)
            case .apart(let upstream, let others):
                let index = upstreams.firstIndex { $0.name == upstream } ?? 0
                problems.append(
                    ConfigurationProblem(
                        file: file, path: "upstreams[\(index)].listen",
                        message: """
                            \(upstream) cannot come to \(site.key.address) while Weir runs, since \
                            \(others.joined(separator: ", ")) there lives on another thread; restart it
                            """))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        for site in free { Self.put(site, into: &next, mostLanes: mostLanes) }
        let (before, after) = (Set(present.sites.map(\.key)), Set(next.sites.map(\.key)))
        opened = after.subtracting(before)
        closed = before.subtracting(after)
        let names = upstreams.map(\.name)
        added = names.filter { present.lane(of: $0) == nil }
        removed = present.upstreams.filter { !names.contains($0) }
        self.next = next
    }

    private enum Lanes {
        case any
        case one(Int)
        case apart(upstream: String, from: [String])
    }

    /// The upstreams by the listener that they share, in the order of the configuration.
    private static func sites(of upstreams: [UpstreamSettings]) -> [Arrangement.Site] {
        var sites: [Arrangement.Site] = []
        for upstream in upstreams {
            let key = ListenerKey(upstream)
            if let place = sites.firstIndex(where: { $0.key == key }) {
                sites[place].upstreams.append(upstream.name)
            } else {
                sites.append(Arrangement.Site(key: key, upstreams: [upstream.name]))
            }
        }
        return sites
    }

    private static func lane(of site: Arrangement.Site, in present: Arrangement) -> Lanes {
        var lane = present.lane(of: site.key)
        var others = present.upstreams(of: site.key)
        for upstream in site.upstreams {
            guard let own = present.lane(of: upstream) else { continue }
            if let lane, lane != own { return .apart(upstream: upstream, from: others) }
            if lane == nil { others = [] }
            lane = own
            if !others.contains(upstream) { others.append(upstream) }
        }
        return lane.map { .one($0) } ?? .any
    }

    /// Puts a site on an idle lane, a new one, or the one with the fewest upstreams.
    private static func put(_ site: Arrangement.Site, into next: inout Arrangement, mostLanes: Int) {
        let loads = next.lanes.map { $0.reduce(0) { $0 + $1.upstreams.count } }
        if let least = loads.indices.min(by: { loads[$0] < loads[$1] }), loads[least] == 0 || loads.count >= mostLanes {
            next.lanes[least].append(site)
        } else {
            next.lanes.append([site])
        }
    }
}
