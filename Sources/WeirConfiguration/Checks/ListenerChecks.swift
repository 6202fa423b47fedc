internal import WeirProxy

/// What must hold between the addresses of a configuration. Port 0 is never the same address twice.
enum ListenerChecks {
    static func check(_ configuration: ReadConfiguration) {
        let admin = configuration.settings.admin.listen
        let api = configuration.settings.api.listen
        if api == admin, admin.isFixed {
            configuration.section[.api, APIKey.self]?[.listen]?.problem("is the address of admin.listen")
        }
        for (index, upstream) in configuration.upstreams.enumerated() {
            guard let listen = upstream.listen, listen.isFixed else { continue }
            if listen == admin { upstream.section[.listen]?.problem("is the address of admin.listen") }
            if listen == api { upstream.section[.listen]?.problem("is the address of api.listen") }
            let earlier = configuration.upstreams[..<index].filter { $0.listen == listen }
            if upstream.servesTheRest, let rival = earlier.first(where: \.servesTheRest) {
                upstream.section[.listen]?.problem(
                    "is also the address of \(rival.section.cursor.path): one of them at most may be without hosts")
            }
            noteSharedHosts(upstream, earlier)
        }
    }

    private static func noteSharedHosts(_ upstream: ReadUpstream, _ earlier: [ReadUpstream]) {
        guard !earlier.isEmpty, case .sequence(let nodes) = upstream.section[.hosts]?.node.content,
            nodes.count == upstream.settings.hosts.count, let cursors = upstream.section[.hosts]?.list()
        else { return }
        for (host, cursor) in zip(upstream.settings.hosts, cursors) {
            if let rival = earlier.first(where: { $0.settings.hosts.contains(host) }) {
                cursor.problem("is also a host of \(rival.section.cursor.path), which has the same address")
            }
        }
    }
}

extension ReadUpstream {
    /// Whether it names no host at all, not even a wrong one.
    fileprivate var servesTheRest: Bool {
        guard case .sequence(let nodes) = section[.hosts]?.node.content else { return section[.hosts] == nil }
        return nodes.isEmpty
    }
}

extension ListenAddress {
    /// Whether two listeners with it would be one and the same.
    fileprivate var isFixed: Bool {
        if case .tcp(_, port: 0) = self { false } else { true }
    }
}
