internal import WeirCore
internal import WeirProxy

enum UpstreamKey: String, SectionKey {
    case name, listen, hosts, url, mode, limits, queue, breaker, retry, timeouts, pool, feedback, endpoints
    case caFile = "ca_file"
    case preserveHost = "preserve_host"
    case requestHeaders = "request_headers"
    case callerHeaders = "caller_headers"
    case endpointDefaults = "endpoint_defaults"
}

enum TimeoutsKey: String, SectionKey {
    case connect, response, request, idle
}

enum PoolKey: String, SectionKey {
    case maxConnections = "max_connections"
    case idleTimeout = "idle_timeout"
}

/// An upstream as it was read.
struct ReadUpstream {
    var settings: UpstreamSettings
    var section: Section<UpstreamKey>
    /// Nil where they are missing or wrong.
    var name: String?
    var listen: ListenAddress?

    var limits: [ReadLimit]
    var defaultLimits: [ReadLimit]
    var endpoints: [ReadEndpoint]
    var queue: Section<QueueKey>?
    var timeouts: Section<TimeoutsKey>?
}

/// Reads the upstreams.
enum UpstreamReader {
    static func list(_ cursor: Cursor?) -> [ReadUpstream] {
        guard let cursor, let elements = cursor.list() else { return [] }
        if elements.isEmpty { cursor.mismatch("at least one upstream") }
        let upstreams = elements.compactMap { Section<UpstreamKey>($0) }.map(read)
        noteRepeatedNames(upstreams.map { ($0.name, $0.section[.name]) })
        return upstreams
    }

    private static func read(_ section: Section<UpstreamKey>) -> ReadUpstream {
        let name = section.required(.name)?.name()
        let listen = section.required(.listen)?.listenAddress()
        let url = section.required(.url)?.read(URLText.expected) { text throws(Mismatch) in try URLText.parse(text) }
        // Nothing stands in for a missing address in the end: settings with a problem are thrown away.
        let nowhere = UpstreamURL(transport: .unix(path: ""))
        var settings = UpstreamSettings(
            name: name ?? "", listen: listen ?? .unix(path: ""), url: url ?? nowhere, endpoints: [])
        settings.hosts = section[.hosts]?.hosts() ?? []
        settings.caFile = section[.caFile].flatMap(caFile)
        settings.preserveHost = section[.preserveHost]?.flag() ?? settings.preserveHost
        settings.requestHeaders = HeadersReader.read(section[.requestHeaders])
        settings.honoursCallerHeaders =
            section[.callerHeaders]?.choice(["honour": true, "ignore": false], expected: "honour or ignore") ?? true
        _ = section[.mode]?.choice(["enforce": true], later: Later.modes, expected: "enforce")

        let limits = LimitReader.list(section[.limits])
        settings.limits = limits.compactMap(\.settings)
        let queue = section[.queue].flatMap { Section<QueueKey>($0) }
        settings.line = QueueReader.read(queue, over: settings.line)
        (settings.circuit, settings.breakerScope) = CircuitReader.upstream(section[.breaker])
        RetryReader.read(section[.retry])
        FeedbackReader.read(section[.feedback])
        let timeouts = section[.timeouts].flatMap { Section<TimeoutsKey>($0) }
        if let timeouts { settings.timeouts = read(timeouts) }
        if let pool = section[.pool].flatMap({ Section<PoolKey>($0) }) { settings.pool = read(pool) }

        let defaults = section[.endpointDefaults].flatMap { Section<EndpointDefaultsKey>($0) }
        let defaultLimits = LimitReader.list(defaults?[.limits])
        let reader = EndpointReader(
            defaultLimits: defaultLimits, circuit: settings.circuit, scope: settings.breakerScope, line: settings.line)
        let endpoints = reader.list(section[.endpoints])
        settings.endpoints = endpoints.map(\.settings)
        return ReadUpstream(
            settings: settings, section: section, name: name, listen: listen, limits: limits,
            defaultLimits: defaultLimits, endpoints: endpoints, queue: queue, timeouts: timeouts)
    }

    private static func caFile(_ cursor: Cursor) -> String? {
        guard let path = cursor.filePath() else { return nil }
        if let reason = cursor.report.whyUnreadable?(path) {
            cursor.problem("expected a file that can be read, found \(cursor.shown()): \(reason)")
        }
        return path
    }

    private static func read(_ section: Section<TimeoutsKey>) -> Timeouts {
        var timeouts = Timeouts()
        timeouts.connect = section[.connect]?.positiveDuration() ?? timeouts.connect
        timeouts.response = section[.response]?.positiveDuration() ?? timeouts.response
        timeouts.request = section[.request]?.positiveDuration() ?? timeouts.request
        timeouts.idle = section[.idle]?.positiveDuration() ?? timeouts.idle
        return timeouts
    }

    private static func read(_ section: Section<PoolKey>) -> PoolSettings {
        var pool = PoolSettings()
        pool.maxConnections = section[.maxConnections]?.integer(1...65536) ?? pool.maxConnections
        pool.idleTimeout = section[.idleTimeout]?.duration() ?? pool.idleTimeout
        return pool
    }
}
