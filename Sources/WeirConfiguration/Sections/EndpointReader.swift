internal import WeirCore
internal import WeirProxy

/// An endpoint as it was read.
struct ReadEndpoint {
    var settings: EndpointSettings
    /// Its limits, those of `endpoint_defaults` merged in.
    var limits: [ReadLimit]
    /// Those that it gives itself.
    var ownLimits: [ReadLimit] = []
    /// Nil for an `other` that is not in the file.
    var section: Section<EndpointKey>?

    /// Its name; nil where it is missing or wrong.
    var name: String? { settings.name.isEmpty ? nil : settings.name }
    /// What the file says of its own queue.
    var queue: Section<QueueKey>? { section?[.queue, QueueKey.self] }
}

/// Reads the endpoints of an upstream.
struct EndpointReader {
    /// What the upstream gives to each of its endpoints.
    var defaultLimits: [ReadLimit]
    var circuit: CircuitSettings?
    var scope: UpstreamSettings.BreakerScope
    /// Nil: off.
    var retry: RetrySettings?
    var line: LineSettings

    /// The endpoints in their order; the last is always `other`.
    func list(_ cursor: Cursor?) -> [ReadEndpoint] {
        let sections = (cursor?.list() ?? []).compactMap { Section<EndpointKey>($0) }
        var endpoints = sections.map(read)
        noteRepeatedNames(endpoints.map { ($0.name, $0.section?[.name]) })
        for endpoint in endpoints.dropLast() where endpoint.name == EndpointSettings.otherName {
            endpoint.section?.cursor.problem("the endpoint other takes what matches none: it must be the last")
        }
        if !endpoints.contains(where: { $0.name == EndpointSettings.otherName }) {
            var other = plain
            other.name = EndpointSettings.otherName
            other.limits = defaultLimits.compactMap(\.settings)
            endpoints.append(ReadEndpoint(settings: other, limits: defaultLimits))
        }
        return endpoints
    }

    /// An endpoint that says nothing of its own.
    private var plain: EndpointSettings {
        var settings = EndpointKey.standard
        settings.circuit = circuit
        settings.retry = RetryReader.settings(retry)
        settings.line = line
        return settings
    }

    private func read(_ section: Section<EndpointKey>) -> ReadEndpoint {
        var settings = plain
        section.read(into: &settings, except: [.match])
        settings.match = match(section, name: settings.name)
        let own = LimitReader.list(section[.limits])
        let limits = merged(own)
        settings.limits = limits.compactMap(\.settings)
        settings.circuit = CircuitReader.endpoint(section[.breaker], over: circuit, scope: scope)
        settings.retry = RetryReader.settings(
            RetryReader.endpoint(section[.retry], over: retry), or: retry ?? RetrySettings())
        return ReadEndpoint(settings: settings, limits: limits, ownLimits: own, section: section)
    }

    /// The defaults, each replaced by the endpoint's own limit of the same name, and then the rest of its own.
    private func merged(_ own: [ReadLimit]) -> [ReadLimit] {
        var limits = defaultLimits
        for limit in own {
            if let place = limits.firstIndex(where: { $0.name != nil && $0.name == limit.name }) {
                limits[place] = limit
            } else {
                limits.append(limit)
            }
        }
        return limits
    }

    private func match(_ section: Section<EndpointKey>, name: String) -> EndpointMatch {
        var settings = EndpointMatch()
        if name == EndpointSettings.otherName {
            section[.match]?.problem("the endpoint other takes what matches none: it has no match")
            return settings
        }
        guard let match = section.required(.match).flatMap({ Section<MatchKey>($0) }) else { return settings }
        if match[.method] == nil, match[.path] == nil { match.cursor.problem("expected method, path or both") }
        match.read(into: &settings)
        return settings
    }
}
