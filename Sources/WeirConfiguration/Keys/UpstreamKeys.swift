internal import WeirCore
internal import WeirProxy

/// The keys of an upstream.
enum UpstreamKey: String, SectionKey {
    case name, listen, hosts, url
    case caFile = "ca_file"
    case preserveHost = "preserve_host"
    case requestHeaders = "request_headers"
    case trustedProxies = "trusted_proxies"
    case callerHeaders = "caller_headers"
    case via, preset, mode, limits
    case endpointDefaults = "endpoint_defaults"
    case queue, expires, breaker, retry, timeouts, pool, feedback, endpoints

    static let title = "upstream"
    static var standard: UpstreamSettings {
        let nowhere = UpstreamURL(transport: .unix(path: ""))
        return UpstreamSettings(name: "", listen: .unix(path: ""), url: nowhere, endpoints: [])
    }

    var field: Field<UpstreamSettings> {
        switch self {
        case .name: Field(\.name, .name, isRequired: true, "the `upstream` label")
        case .listen:
            Field(
                \.listen, .address, isRequired: true,
                "where callers connect; upstreams may share a listener, and `hosts` tells them apart")
        case .hosts:
            Field(
                \.hosts, .hosts,
                "authorities that it serves (case and port ignored); at most one upstream of a listener has none, and"
                    + " serves the rest")
        case .url:
            Field(
                \.url, .url, isRequired: true,
                "where the provider is; a path is a prefix; https verifies the certificate always; a preset may give it"
            )
        case .caFile: Field(\.caFile, orNull: .readableFile, "extra trust roots (PEM)")
        case .preserveHost: Field(\.preserveHost, .flag, "whether the caller's `Host` is sent")
        case .requestHeaders:
            Field(\.requestHeaders, .headers, "set on every attempt (an API key, say); the values are secrets")
        case .trustedProxies:
            Field(
                \.trustedProxies, .list(of: .block, twice: "this is given twice"),
                "whose `X-Forwarded-For` gives `client_ip`")
        case .callerHeaders:
            Field(
                \.honoursCallerHeaders, .choice([("honour", true), ("ignore", false)]),
                "what becomes of the `Weir-*` request headers (they are never forwarded); inbound: ignore")
        case .via: Field(\.via, .flag, "whether `Via` is added both ways")
        case .preset:
            Field(\.preset, orNull: .preset, "settings to begin with; see [presets](#presets)").silent
        case .mode: Field(\.mode, .word, "shadow decides and counts, and never delays, refuses or retries")
        case .limits: .limits("shared by all calls of the upstream") { $0.limits }
        case .endpointDefaults:
            .structure(
                "[endpoint_defaults](#endpoint_defaults)", schema: .reference(EndpointDefaultsKey.title),
                "what each endpoint gets a copy of"
            ) { _, _ in nil }
        case .queue: Field(\.line, QueueKey.self, "the one line of the upstream")
        case .expires:
            .structure(
                "[expires](#expires) or null", schema: .reference(ExpiresKey.title), hasDefault: true,
                "when a signed call is worth nothing any more"
            ) { settings, place in settings.expires.map { ExpiresKey.write($0, place) } ?? .null }
        case .breaker:
            .structure(
                "[breaker](#breaker) or off", schema: .switchable(BreakerKey.title),
                "when calls stop because the provider is down"
            ) { settings, place in
                settings.circuit.map {
                    BreakerKey.write(BreakerDraft(circuit: $0, scope: settings.breakerScope), place)
                } ?? "off"
            }
        case .retry:
            .structure(
                "[retry](#retry) or off", schema: .switchable(RetryKey.title), "which failures are tried again"
            ) { settings, place in RetryKey.write(settings.retry, place) }
        case .timeouts: Field(\.timeouts, TimeoutsKey.self, "how long each step may take")
        case .pool: Field(\.pool, PoolKey.self, "connections to the provider")
        case .feedback:
            .structure(
                "[feedback](#feedback) or off", schema: .switchable(FeedbackKey.title),
                "what is made of the provider's own signals; off: only a Retry-After counts"
            ) { settings, place in FeedbackKey.write(settings.feedback, place) }
        case .endpoints:
            .structure(
                "list of: [endpoint](#endpoint)",
                schema: ["type": "array", "items": .reference(EndpointKey.title)],
                "first match wins; what matches none is the endpoint `other`"
            ) { settings, place in .list(settings.endpoints.map { Self.write($0, of: settings, place) }) }
        }
    }

    /// An endpoint, what it takes over from its upstream written out.
    private static func write(_ endpoint: EndpointSettings, of upstream: UpstreamSettings, _ place: Place) -> JSONValue
    {
        let own = place.element(endpoint.name)
        let members = EndpointKey.allCases.compactMap { key -> JSONValue.Member? in
            if key == .breaker, upstream.breakerScope == .upstream { return nil }
            var place = own.child(key.rawValue)
            if [.limits, .breaker, .retry, .queue].contains(key) {
                let outer = own.parent.parent
                place = place.or(outer.child(key.rawValue)).or(outer.child("endpoint_defaults").child(key.rawValue))
            }
            return key.field.write(endpoint, place).map { JSONValue.Member(name: key.rawValue, value: $0) }
        }
        return .object(members)
    }
}

/// The keys of `endpoint_defaults`.
enum EndpointDefaultsKey: String, SectionKey {
    case limits

    static let title = "endpoint_defaults"
    static var standard: Void { () }

    var field: Field<Void> {
        .limits("each endpoint gets its own copy; a limit of the same name in an endpoint replaces it") { _ in [] }
    }
}

extension Field {
    /// A list of limits.
    static func limits(_ doc: String, _ limits: @escaping (Settings) -> [LimitSettings]) -> Field {
        .structure(
            "list of: [limit](#limit)", schema: ["type": "array", "items": .reference(LimitKey.title)],
            hasDefault: true, doc
        ) { settings, place in
            .list(limits(settings).map { LimitReader.write($0, place.element($0.name)) })
        }
    }
}

extension JSONValue {
    /// A schema of the section called `title`, or `off`.
    static func switchable(_ title: String) -> JSONValue {
        .anyOf([.reference(title), ["enum": [false, "off", "false"]], .reference("environment")])
    }
}

extension Kind where Value == String {
    /// The name of a preset.
    static var preset: Kind {
        .choice(Presets.names.map { ($0, $0) })
    }

    /// The path of a file that must be readable, where files are looked at.
    static var readableFile: Kind {
        Kind(
            takes: filePath.takes, schema: filePath.schema,
            read: { cursor in
                guard let path = cursor.filePath() else { return nil }
                if let reason = cursor.report.whyUnreadable?(path) {
                    cursor.problem("expected a file that can be read, found \(cursor.shown()): \(reason)")
                }
                return path
            },
            write: { .text($0) })
    }
}
