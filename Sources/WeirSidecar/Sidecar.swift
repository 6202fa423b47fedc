package import Logging
internal import NIOCore
internal import NIOPosix
internal import WeirAdmin
package import WeirConfiguration
internal import WeirCore
internal import WeirProxy

/// A running Weir: its listeners, its admin endpoint, and the metrics between them.
package final class Sidecar: Sendable {
    private let settings: SidecarSettings
    private let group: MultiThreadedEventLoopGroup
    private let lanes: [Lane]
    private let view: AdminView
    private let admin: AdminServer
    private let log: Logger

    private init(
        settings: SidecarSettings, group: MultiThreadedEventLoopGroup, lanes: [Lane], view: AdminView,
        admin: AdminServer, log: Logger
    ) {
        self.settings = settings
        self.group = group
        self.lanes = lanes
        self.view = view
        self.admin = admin
        self.log = log
    }

    /// Starts everything; returns once it listens and `/readyz` answers 200.
    ///
    /// - Parameters:
    ///   - path: where the settings came from, for `/status`.
    /// - Throws: `StartError`.
    package static func start(_ settings: SidecarSettings, path: String, log: Logger) async throws -> Sidecar {
        let catalogue = try MetricCatalogue()
        let addresses = settings.upstreams.reduce(into: [ListenAddress]()) { addresses, upstream in
            if !addresses.contains(upstream.listen) || upstream.listen.isEphemeral { addresses.append(upstream.listen) }
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, addresses.count))
        var lanes: [Lane] = []
        do {
            let view = AdminView(catalogue: catalogue, path: path)
            let admin = try AdminServer(
                settings: AdminSettings(
                    listen: AdminAddress(settings.admin.listen), maxConnections: settings.admin.maxConnections,
                    allowHosts: settings.admin.allowHosts),
                source: view)
            var rest = settings.upstreams[...]
            for address in addresses {
                let upstreams = address.isEphemeral ? [rest.removeFirst()] : rest.filter { $0.listen == address }
                lanes.append(
                    try await Lane.open(address, Array(upstreams), on: group.next(), catalogue: catalogue, log: log))
            }
            view.becomeReady(lanes)
            let sidecar = Sidecar(
                settings: settings, group: group, lanes: lanes, view: view, admin: admin, log: log)
            try await sidecar.announce()
            return sidecar
        } catch {
            try? await group.shutdownGracefully()
            if let error = error as? AdminError { throw StartError.admin("\(error)") }
            throw error
        }
    }

    /// The address of the admin endpoint as bound.
    package var adminAddress: String { admin.address }

    /// The addresses of the upstreams as bound, by name.
    package func addresses() async throws -> [(upstream: String, address: String)] {
        var rows: [(String, String)] = []
        for lane in lanes {
            let address = try await lane.address()
            rows += lane.upstreams.map { ($0.name, address) }
        }
        return rows
    }

    /// Drains and stops: the line is refused, calls under way finish within `drain_timeout`, then everything closes.
    package func stop() async {
        log.notice("draining", metadata: ["timeout": "\(settings.drainTimeout.text)"])
        view.drain()
        let finished = await withTaskGroup(of: Bool.self) { tasks in
            for lane in lanes {
                tasks.addTask { (try? await lane.drain(timeout: self.settings.drainTimeout)) ?? false }
            }
            return await tasks.reduce(true) { $0 && $1 }
        }
        if !finished { log.warning("drain timed out; calls under way are cut") }
        for lane in lanes { try? await lane.close() }
        admin.stop()
        try? await group.shutdownGracefully()
        log.notice("stopped")
    }

    private func announce() async throws {
        for (upstream, address) in try await addresses() {
            log.notice("listening", metadata: ["upstream": "\(upstream)", "address": "\(address)"])
        }
        log.notice("admin", metadata: ["address": "\(admin.address)"])
    }
}

extension ListenAddress {
    /// Whether the system chooses the port: then no two upstreams share the listener.
    fileprivate var isEphemeral: Bool {
        if case .tcp(_, port: 0) = self { true } else { false }
    }
}

extension AdminAddress {
    fileprivate init(_ address: ListenAddress) {
        switch address {
        case .tcp(let host, let port): self = .tcp(host: host, port: port)
        case .unix(let path): self = .unix(path: path)
        }
    }
}
