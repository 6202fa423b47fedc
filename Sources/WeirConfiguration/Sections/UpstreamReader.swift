internal import WeirCore
internal import WeirProxy

/// An upstream as it was read.
struct ReadUpstream {
    var settings: UpstreamSettings
    var section: Section<UpstreamKey>
    var limits: [ReadLimit]
    var defaultLimits: [ReadLimit]
    var endpoints: [ReadEndpoint]

    /// Its name; nil where it is missing or wrong.
    var name: String? { settings.name.isEmpty ? nil : settings.name }
    /// Its address; nil where it is missing or wrong.
    var listen: ListenAddress? { settings.listen == UpstreamKey.standard.listen ? nil : settings.listen }
    /// What the file says of its queue and its timeouts.
    var queue: Section<QueueKey>? { section[.queue, QueueKey.self] }
    var timeouts: Section<TimeoutsKey>? { section[.timeouts, TimeoutsKey.self] }
}

/// Reads the upstreams.
enum UpstreamReader {
    static func list(_ cursor: Cursor?) -> [ReadUpstream] {
        guard let cursor, let elements = cursor.list() else { return [] }
        if elements.isEmpty { cursor.mismatch("at least one upstream") }
        let upstreams = elements.map(Presets.merged).compactMap { Section<UpstreamKey>($0) }.map(read)
        noteRepeatedNames(upstreams.map { ($0.name, $0.section[.name]) })
        return upstreams
    }

    private static func read(_ section: Section<UpstreamKey>) -> ReadUpstream {
        var settings = UpstreamKey.standard
        section.read(into: &settings)
        let limits = LimitReader.list(section[.limits])
        settings.limits = limits.compactMap(\.settings)
        (settings.circuit, settings.breakerScope) = CircuitReader.upstream(section[.breaker])
        let retry = RetryReader.upstream(section[.retry])
        settings.retry = RetryReader.settings(retry)
        settings.feedback = FeedbackReader.read(section[.feedback])
        if let expires = section[.expires].flatMap({ Section<ExpiresKey>($0) }) {
            var expiry = ExpiresKey.standard
            expires.read(into: &expiry)
            settings.expires = expiry
        }
        let defaults = section[.endpointDefaults].flatMap { Section<EndpointDefaultsKey>($0) }
        let defaultLimits = LimitReader.list(defaults?[.limits])
        let reader = EndpointReader(
            defaultLimits: defaultLimits, circuit: settings.circuit, scope: settings.breakerScope, retry: retry,
            line: settings.line)
        let endpoints = reader.list(section[.endpoints])
        settings.endpoints = endpoints.map(\.settings)
        return ReadUpstream(
            settings: settings, section: section, limits: limits, defaultLimits: defaultLimits, endpoints: endpoints)
    }
}
