internal import WeirCore
internal import WeirProxy

/// What must hold between the sections of an upstream, and between them and the whole file.
enum PolicyChecks {
    static func check(_ upstream: ReadUpstream, _ root: ReadConfiguration) {
        noteFeedbackLimit(upstream)
        warnOfLateRetries(upstream)
        warnOfShadowedEndpoints(upstream)
        for limit in upstream.limits + upstream.defaultLimits + upstream.endpoints.flatMap(\.ownLimits) {
            checkShared(limit, root)
        }
        for endpoint in upstream.endpoints { notePathKeys(endpoint) }
    }

    /// What the provider says of its quota is about one count, which all calls share.
    private static func noteFeedbackLimit(_ upstream: ReadUpstream) {
        guard let feedback = upstream.section[.feedback, FeedbackKey.self], let cursor = feedback[.limit],
            feedback.isSound(.limit), let name = upstream.settings.feedback.limit
        else { return }
        guard let limit = upstream.limits.first(where: { $0.name == name }) else {
            cursor.mismatch("the name of a limit of the whole upstream")
            return
        }
        if limit.section[.key] != nil { cursor.mismatch("the name of a limit without key") }
        if upstream.settings.feedback.headers == .none { cursor.warning("has no effect: headers is none") }
    }

    private static func warnOfLateRetries(_ upstream: ReadUpstream) {
        let retry = upstream.settings.retry
        guard retry.maxAttempts > 1, retry.initialDelay >= upstream.settings.timeouts.request else { return }
        let own = upstream.section[.retry, RetryKey.self]?[.initialDelay]
        if let own {
            own.warning("is no shorter than timeouts.request: nothing is ever tried again")
        } else {
            upstream.timeouts?[.request]?.warning("is no longer than retry.initial_delay: nothing is ever tried again")
        }
    }

    private static func warnOfShadowedEndpoints(_ upstream: ReadUpstream) {
        var earlier: [ReadEndpoint] = []
        for endpoint in upstream.endpoints where endpoint.name != EndpointSettings.otherName {
            guard let section = endpoint.section, section.isSound(.match), let match = section[.match, MatchKey.self],
                match.isSound(.method, .path)
            else { continue }
            if let rival = earlier.first(where: { $0.settings.match.covers(endpoint.settings.match) }) {
                section[.match]?.warning("never matches: the endpoint \(rival.settings.name) takes all its calls")
            }
            earlier.append(endpoint)
        }
    }

    private static func checkShared(_ limit: ReadLimit, _ root: ReadConfiguration) {
        guard let settings = limit.settings, settings.isShared else { return }
        guard let shared = root.settings.shared else {
            // A wrong one has its problem already.
            if root.section[.shared] == nil {
                limit.section[.shared]?.problem("needs the section shared, which says where the fleet counts")
            }
            return
        }
        for (key, isUsed) in [
            (LimitKey.key, !settings.key.isEmpty), (.tiers, settings.tiers != nil),
            (.onLimit, settings.onLimit == .reject),
        ] where isUsed {
            limit.section[.shared]?.problem("cannot be had together with \(key.rawValue)")
        }
        if let capacity = settings.algorithm.capacity, capacity < shared.instances {
            limit.section[.shared]?.warning(
                "has fewer units than shared.instances: without Redis each sidecar still admits one at a time")
        }
    }

    /// A part of a path that the endpoint's own pattern does not have is never there.
    private static func notePathKeys(_ endpoint: ReadEndpoint) {
        let names = endpoint.settings.match.path?.segmentNames ?? []
        for limit in endpoint.ownLimits {
            guard let settings = limit.settings else { continue }
            for case .path(let name) in settings.key where !names.contains(name) {
                limit.section[.key]?.problem("expected {\(name)} in match.path of this endpoint, found none")
            }
            if case .path(let name)? = settings.tiers?.by, !names.contains(name) {
                limit.section[.tiers]?.problem("expected {\(name)} in match.path of this endpoint, found none")
            }
        }
    }
}

extension EndpointMatch {
    /// Whether every call of `other` is one of these, as far as equal patterns tell.
    fileprivate func covers(_ other: EndpointMatch) -> Bool {
        (method == nil || method == other.method) && (path == nil || path == other.path)
    }
}
