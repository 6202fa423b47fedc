internal import WeirCore
internal import WeirProxy

/// The keys of the whole file.
enum RootKey: String, SectionKey {
    case admin, api, log
    case stateFile = "state_file"
    case drainTimeout = "drain_timeout"
    case shared, upstreams

    static let title = "configuration"
    static var standard: SidecarSettings { SidecarSettings(upstreams: []) }

    var field: Field<SidecarSettings> {
        switch self {
        case .admin: Field(\.admin, AdminKey.self, "the admin endpoint: metrics, status, events")
        case .api: Field(\.api, APIKey.self, "the acquire/report API, for callers that send their calls themselves")
        case .log: Field(\.log, LogKey.self, "messages on standard error")
        case .stateFile:
            Field(\.stateFile, orNull: .filePath, "where spent quota, bans and open circuits survive a restart")
        case .drainTimeout:
            Field(\.drainTimeout, .duration, "how long calls under way may take to finish once draining has begun")
        case .shared:
            .structure(
                "[shared](#shared) or null", schema: .reference(SharedKey.title), hasDefault: true,
                "where a fleet counts together the limits that say `shared: true`"
            ) { settings, place in settings.shared.map { SharedKey.write($0, place) } ?? .null }
        case .upstreams:
            .structure(
                "list of: [upstream](#upstream)",
                schema: ["type": "array", "minItems": 1, "items": .reference(UpstreamKey.title)], isRequired: true,
                "the providers, at least one"
            ) { settings, place in
                .list(settings.upstreams.map { UpstreamKey.write($0, place.element($0.name)) })
            }
        }
    }
}

/// The keys of `admin`.
enum AdminKey: String, SectionKey {
    case listen
    case allowHosts = "allow_hosts"
    case allowChanges = "allow_changes"
    case maxConnections = "max_connections"

    static let title = "admin"
    static var standard: AdminOptions { AdminOptions() }

    var field: Field<AdminOptions> {
        switch self {
        case .listen: Field(\.listen, .address, "where it listens")
        case .allowHosts:
            Field(
                \.allowHosts, .hosts, "`Host` names accepted beside `localhost` and IP literals (DNS rebinding guard)")
        case .allowChanges:
            Field(\.allowChanges, .flag, "whether `POST /-/…` may reload, force circuits and reset limits")
        case .maxConnections: Field(\.maxConnections, .integer(1...65536), "connections at the same time")
        }
    }
}

/// The keys of `api`.
enum APIKey: String, SectionKey {
    case listen

    static let title = "api"
    static var standard: APIOptions { APIOptions() }

    var field: Field<APIOptions> {
        switch self {
        case .listen: Field(\.listen, orNull: .address, "where it listens; null: it is off")
        }
    }
}

/// The keys of `log`.
enum LogKey: String, SectionKey {
    case level, format, access

    static let title = "log"
    static var standard: LogOptions { LogOptions() }

    var field: Field<LogOptions> {
        switch self {
        case .level: Field(\.level, .word, "the least grave messages that are written")
        case .format: Field(\.format, .word, "lines for people, or one JSON object on each")
        case .access: Field(\.access, .flag, "whether each call is logged")
        }
    }
}

/// The keys of `shared`.
enum SharedKey: String, SectionKey {
    case redis, instances
    case commandTimeout = "command_timeout"
    case keyPrefix = "key_prefix"

    static let title = "shared"
    static var standard: SharedOptions { SharedOptions() }

    var field: Field<SharedOptions> {
        switch self {
        case .redis: Field(\.redis, .redis, "where the counts are kept; `rediss:` for TLS, `redis+unix:` for a socket")
        case .instances:
            Field(
                \.instances, .integer(1...10_000),
                "how many sidecars share; while Redis is out of reach each holds itself to limit/instances")
        case .commandTimeout:
            Field(\.commandTimeout, .positiveDuration, "how long a command may take before Redis is out of reach")
        case .keyPrefix:
            Field(
                \.keyPrefix,
                .text("text of up to 64 printable ASCII characters", pattern: "[!-~]{0,64}") {
                    $0.utf8.count <= 64 && $0.utf8.allSatisfy(\.isVisible)
                }, "what the name of every key in Redis begins with")
        }
    }
}
