internal import WeirCore
internal import WeirProxy

/// What must hold between the limits, costs and waits of an upstream.
enum AdmissionChecks {
    static func check(_ upstream: ReadUpstream) {
        noteBorrowedNames(upstream)
        for endpoint in upstream.endpoints {
            let limits = upstream.limits + endpoint.limits
            noteCost(endpoint, limits)
            warnOfShortWaits(endpoint, limits)
            // One that inherits its wait shares the warning of the upstream.
            if endpoint.queue?[.maxWait] != nil {
                warnOfLongWait(endpoint.settings.line, endpoint.queue, upstream)
            }
        }
        warnOfLongWait(upstream.settings.line, upstream.queue, upstream)
    }

    /// A name means one limit to whoever reads a metric or a `Weir-Limit` header.
    private static func noteBorrowedNames(_ upstream: ReadUpstream) {
        let names = Set(upstream.limits.compactMap(\.name))
        for limit in upstream.defaultLimits + upstream.endpoints.flatMap(\.limits) {
            guard let name = limit.name, names.contains(name) else { continue }
            limit.section[.name]?.mismatch("a name that no limit of the whole upstream has")
        }
    }

    private static func noteCost(_ endpoint: ReadEndpoint, _ limits: [ReadLimit]) {
        guard case .fixed(let cost) = endpoint.settings.cost, let cursor = endpoint.section?[.cost] else { return }
        for limit in limits {
            guard let settings = limit.settings else { continue }
            for (tier, algorithm) in settings.algorithms {
                guard let capacity = algorithm.capacity, cost > capacity else { continue }
                let path = limit.section.cursor.path + (tier.map { ".tiers.\($0)" } ?? "")
                cursor.mismatch("a cost that \(path) can ever admit")
            }
        }
    }

    private static func warnOfShortWaits(_ endpoint: ReadEndpoint, _ limits: [ReadLimit]) {
        let wait = endpoint.settings.line.maxWait
        // A wait of 0 says that no call is ever to wait.
        guard wait > .zero else { return }
        for limit in limits {
            guard let settings = limit.settings, settings.onLimit == .wait else { continue }
            for (tier, algorithm) in settings.algorithms {
                guard let turn = algorithm.longestTurn, turn.span > wait else { continue }
                warn(endpoint, limit, tier, turn.key)
            }
        }
    }

    private static func warn(_ endpoint: ReadEndpoint, _ limit: ReadLimit, _ tier: String?, _ key: FigureKey) {
        let path = limit.section.cursor.path
        let (what, outcome) =
            switch key {
            case .rate: ("the time for one unit", "wait for it")
            case .every: ("the spacing", "wait for their turn")
            default: ("the window", "wait for the next window")
            }
        if let own = endpoint.queue?[.maxWait] {
            own.warning("is shorter than \(what) of \(path): calls are refused rather than \(outcome)")
            return
        }
        let isLonger = key == .rate ? "takes longer for one unit" : "is longer"
        let message = "\(isLonger) than queue.max_wait: calls are refused rather than \(outcome)"
        let own = LimitKey(rawValue: key.rawValue).flatMap { limit.section[$0] }
        let ofTier = tier.flatMap { name in limit.section[.tiers].flatMap { $0.node[name].map { ($0, name) } } }
        if let (node, name) = ofTier, let figure = node[key.rawValue] {
            limit.section[.tiers]?.child(name, node).child(key.rawValue, figure).warning(message)
        } else {
            own?.warning(message)
        }
    }

    private static func warnOfLongWait(_ line: LineSettings, _ queue: Section<QueueKey>?, _ upstream: ReadUpstream) {
        guard line.maxWait > upstream.settings.timeouts.request else { return }
        if let own = queue?[.maxWait] {
            own.warning("is longer than timeouts.request, which ends the wait")
        } else {
            upstream.timeouts?[.request]?.warning("is shorter than queue.max_wait and ends the wait")
        }
    }
}

extension LimitSettings {
    /// Its algorithm, or with tiers that of each, by the name of the tier.
    fileprivate var algorithms: [(tier: String?, algorithm: Algorithm)] {
        tiers.map { $0.tiers.map { ($0.name, $0.algorithm) } } ?? [(nil, algorithm)]
    }
}
