internal import WeirCore
internal import WeirHTTP
internal import WeirProxy

enum EndpointKey: String, SectionKey {
    case name, match, priority, cost, limits, breaker, retry, queue
    case bypassCircuit = "bypass_circuit"
}

enum EndpointDefaultsKey: String, SectionKey {
    case limits
}

enum MatchKey: String, SectionKey {
    case method, path
}

/// An endpoint as it was read.
struct ReadEndpoint {
    var settings: EndpointSettings
    var name: String?
    /// Its limits, those of `endpoint_defaults` merged in.
    var limits: [ReadLimit]
    /// Nil for an `other` that is not in the file.
    var section: Section<EndpointKey>?

    /// What the file says of its own queue.
    var queue: Section<QueueKey>?
}

/// Reads the endpoints of an upstream.
struct EndpointReader {
    /// What the upstream gives to each of its endpoints.
    var defaultLimits: [ReadLimit]
    var circuit: CircuitSettings?
    var scope: UpstreamSettings.BreakerScope
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
            var other = EndpointSettings(name: EndpointSettings.otherName, match: EndpointMatch())
            other.limits = defaultLimits.compactMap(\.settings)
            other.circuit = circuit
            other.line = line
            endpoints.append(ReadEndpoint(settings: other, name: other.name, limits: defaultLimits))
        }
        return endpoints
    }

    private func read(_ section: Section<EndpointKey>) -> ReadEndpoint {
        let name = section.required(.name)?.name()
        var settings = EndpointSettings(name: name ?? "", match: match(section, name: name))
        let priorities = Dictionary(uniqueKeysWithValues: Priority.allCases.map { ($0.name, $0) })
        settings.priority =
            section[.priority]?.choice(priorities, expected: "critical, high, normal or low") ?? settings.priority
        settings.bypassesCircuit = section[.bypassCircuit]?.flag() ?? settings.bypassesCircuit
        settings.cost = section[.cost].flatMap(cost) ?? settings.cost
        let limits = merged(LimitReader.list(section[.limits]))
        settings.limits = limits.compactMap(\.settings)
        settings.circuit = CircuitReader.endpoint(section[.breaker], over: circuit, scope: scope)
        RetryReader.read(section[.retry])
        let queue = section[.queue].flatMap { Section<QueueKey>($0) }
        settings.line = QueueReader.read(queue, over: line)
        return ReadEndpoint(settings: settings, name: name, limits: limits, section: section, queue: queue)
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

    private func match(_ section: Section<EndpointKey>, name: String?) -> EndpointMatch {
        if name == EndpointSettings.otherName {
            section[.match]?.problem("the endpoint other takes what matches none: it has no match")
            return EndpointMatch()
        }
        guard let match = section.required(.match).flatMap({ Section<MatchKey>($0) }) else { return EndpointMatch() }
        if match[.method] == nil, match[.path] == nil { match.cursor.problem("expected method, path or both") }
        return EndpointMatch(method: match[.method].flatMap(method), path: match[.path].flatMap(path))
    }

    private func method(_ cursor: Cursor) -> String? {
        let expected = "a method in capitals such as GET"
        return cursor.read(expected) { text throws(Mismatch) in
            // Methods are compared letter by letter, and none in use has a small one.
            guard FieldSyntax.isName(text), !text.utf8.contains(where: { (0x61...0x7A).contains($0) }) else {
                throw Mismatch(expected: expected)
            }
            return text
        }
    }

    private func path(_ cursor: Cursor) -> PathPattern? {
        let expected = "a path such as /v5/order/create, /users/{id} or /v5/*"
        return cursor.read(expected) { text throws(Mismatch) in
            let isRawPath = text.utf8.allSatisfy { $0.isVisible && $0 != UInt8(ascii: "#") }
            guard isRawPath, !text.utf8.contains(UInt8(ascii: "?")) else {
                throw Mismatch(expected: expected + " (as it goes on the wire, without query)")
            }
            do {
                return try PathPattern(text)
            } catch {
                throw Mismatch(expected: "\(expected) (\(error))")
            }
        }
    }

    private func cost(_ cursor: Cursor) -> EndpointSettings.Cost? {
        let expected = "a whole number from 1 to 1000000000, header:NAME or query:NAME"
        return cursor.read(expected) { text throws(Mismatch) in
            let header = String(text.dropFirst(7))
            if text.hasPrefix("header:"), FieldSyntax.isName(header) { return .header(header) }
            let query = text.dropFirst(6)
            if text.hasPrefix("query:"), !query.isEmpty,
                query.utf8.allSatisfy({ $0.isVisible && !"&=#".utf8.contains($0) })
            {
                return .query(String(query))
            }
            guard text.utf8.allSatisfy(\.isDigit), let units = Int(text), (1...1_000_000_000).contains(units) else {
                throw Mismatch(expected: expected)
            }
            return .fixed(units)
        }
    }
}
