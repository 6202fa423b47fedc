internal import WeirProxy

/// What makes a listener the same one in another configuration.
enum ListenerKey: Hashable {
    /// Its address.
    case fixed(ListenAddress)
    /// Whose it is, where the system chooses the port: there is nothing to share then.
    case chosen(ListenAddress, upstream: String)

    /// The listener of an upstream.
    init(_ settings: UpstreamSettings) {
        if case .tcp(_, port: 0) = settings.listen {
            self = .chosen(settings.listen, upstream: settings.name)
        } else {
            self = .fixed(settings.listen)
        }
    }

    /// Where it is to listen.
    var address: ListenAddress {
        switch self {
        case .fixed(let address), .chosen(let address, _): address
        }
    }
}

/// Which listeners there are on which lane, and which upstreams behind each.
struct Arrangement: Equatable {
    /// A listener and the upstreams behind it, by name, in the order of the configuration.
    struct Site: Equatable {
        let key: ListenerKey
        var upstreams: [String]
    }

    /// The sites by lane.
    var lanes: [[Site]] = []

    /// Every site.
    var sites: [Site] { lanes.flatMap(\.self) }

    /// The name of every upstream.
    var upstreams: [String] { sites.flatMap(\.upstreams) }

    /// The lane on which an upstream lives; nil where there is none of that name.
    func lane(of upstream: String) -> Int? {
        lanes.firstIndex { $0.contains { $0.upstreams.contains(upstream) } }
    }

    /// The lane of a listener; nil where it is not open.
    func lane(of key: ListenerKey) -> Int? {
        lanes.firstIndex { $0.contains { $0.key == key } }
    }

    /// The upstreams behind a listener.
    func upstreams(of key: ListenerKey) -> [String] {
        sites.first { $0.key == key }?.upstreams ?? []
    }
}
