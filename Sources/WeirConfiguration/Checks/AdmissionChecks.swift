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
            let capacity =
                switch settings.algorithm {
                case .slidingWindow(let requests, _, _): requests
                case .tokenBucket(_, let burst): burst
                }
            if cost > capacity { cursor.mismatch("a cost that \(limit.section.cursor.path) can ever admit") }
        }
    }

    private static func warnOfShortWaits(_ endpoint: ReadEndpoint, _ limits: [ReadLimit]) {
        let wait = endpoint.settings.line.maxWait
        // A wait of 0 says that no call is ever to wait.
        guard wait > .zero else { return }
        for limit in limits {
            guard let settings = limit.settings, settings.onLimit == .wait,
                case .slidingWindow(_, let per, _) = settings.algorithm, per > wait
            else { continue }
            if let own = endpoint.queue?[.maxWait] {
                own.warning(
                    "is shorter than the window of \(limit.section.cursor.path):"
                        + " calls are refused rather than wait for the next window")
            } else {
                limit.section[.per]?.warning(
                    "is longer than queue.max_wait: calls are refused rather than wait for the next window")
            }
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
