internal import Logging
internal import NIOCore
internal import NIOPosix
internal import WeirAPI
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
    private let permits: PermitServer?
    private let monitor: Task<Void, Never>
    private let log: Logger

    private init(
        settings: SidecarSettings, group: MultiThreadedEventLoopGroup, lanes: [Lane], view: AdminView,
        admin: AdminServer, permits: PermitServer?, monitor: Task<Void, Never>, log: Logger
    ) {
        self.settings = settings
        self.group = group
        self.lanes = lanes
        self.view = view
        self.admin = admin
        self.permits = permits
        self.monitor = monitor
        self.log = log
    }

    /// Starts everything; returns once it listens and `/readyz` answers 200.
    ///
    /// - Parameters:
    ///   - path: where the settings came from, for `/status`.
    ///   - effective: the configuration in force for `/config`, secrets redacted.
    ///   - logs: where messages and the access log go.
    /// - Throws: `StartError`.
    package static func start(
        _ settings: SidecarSettings, path: String, effective: String, logs: Logs
    ) async throws -> Sidecar {
        try refuseWhatIsMissing(settings)
        let catalogue = try MetricCatalogue()
        let listeners = listeners(of: settings.upstreams)
        let state = try settings.stateFile.map { path in try openState(path, log: logs.logger) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: min(System.coreCount, listeners.count))
        let feed = EventFeed()
        let view = AdminView(catalogue: catalogue, path: path, effective: effective, feed: feed)
        var admin: AdminServer?
        do {
            let server = try AdminServer(
                settings: AdminSettings(
                    listen: AdminAddress(settings.admin.listen), maxConnections: settings.admin.maxConnections,
                    allowHosts: settings.admin.allowHosts, allowChanges: settings.admin.allowChanges),
                source: view, events: feed)
            admin = server
            var lanes: [Lane] = []
            for (address, upstreams) in listeners {
                lanes.append(
                    try await Lane.open(
                        address, upstreams, on: group.next(), catalogue: catalogue, logs: logs, feed: feed,
                        state: state))
            }
            state?.dropAll(but: lanes.flatMap(\.books))
            let permits = try await permitServer(settings.api, group: group, finder: view)
            view.becomeReady(lanes)
            let sidecar = Sidecar(
                settings: settings, group: group, lanes: lanes, view: view, admin: server,
                permits: permits, monitor: monitor(lanes, logs), log: logs.logger)
            try await sidecar.announce()
            return sidecar
        } catch {
            admin?.stop()
            try? await group.shutdownGracefully()
            if let error = error as? AdminError { throw StartError.admin("\(error)") }
            if let error = error as? StateFileError { throw StartError.stateFile(error) }
            throw error
        }
    }

    /// The upstreams by the address that they share. Where the system chooses the port there is nothing to share.
    private static func listeners(of upstreams: [UpstreamSettings]) -> [(ListenAddress, [UpstreamSettings])] {
        var listeners: [(address: ListenAddress, upstreams: [UpstreamSettings])] = []
        for upstream in upstreams {
            let shared = listeners.firstIndex { $0.address == upstream.listen && !upstream.listen.isEphemeral }
            if let shared {
                listeners[shared].upstreams.append(upstream)
            } else {
                listeners.append((upstream.listen, [upstream]))
            }
        }
        return listeners
    }

    private static func permitServer(
        _ options: APIOptions, group: MultiThreadedEventLoopGroup, finder: AdminView
    ) async throws -> PermitServer? {
        guard let address = options.listen else { return nil }
        do {
            return try await PermitServer.start(on: address, group: group, finder: finder)
        } catch {
            throw StartError.address("\(address)", for: "the acquire/report API", error)
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
        monitor.cancel()
        view.drain()
        permits?.drain()
        let finished = await withTaskGroup(of: Bool.self) { tasks in
            for lane in lanes {
                tasks.addTask { (try? await lane.drain(timeout: self.settings.drainTimeout)) ?? false }
            }
            return await tasks.reduce(true) { $0 && $1 }
        }
        if !finished { log.warning("drain timed out; calls under way are cut") }
        for lane in lanes { try? await lane.close() }
        await permits?.close()
        admin.stop()
        try? await group.shutdownGracefully()
        log.notice("stopped")
    }

    /// Tells the upstreams once a second what only the machine knows, and the log what it has held back.
    private static func monitor(_ lanes: [Lane], _ logs: Logs) -> Task<Void, Never> {
        Task {
            var host = HostMonitor()
            while !Task.isCancelled {
                let load = host.load()
                for lane in lanes { lane.observe(load: load) }
                logs.tellHeld()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// What a configuration may ask for and this version does not have is refused rather than left undone.
    private static func refuseWhatIsMissing(_ settings: SidecarSettings) throws(StartError) {
        var missing: [String] = []
        let limits = settings.upstreams.flatMap { $0.limits + $0.endpoints.flatMap(\.limits) }
        if limits.contains(where: \.isShared) { missing.append("shared limits") }
        guard missing.isEmpty else { throw StartError.missing(missing) }
    }

    private func announce() async throws {
        for (upstream, address) in try await addresses() {
            log.notice("listening", metadata: ["upstream": "\(upstream)", "address": "\(address)"])
        }
        if let permits { log.notice("api", metadata: ["address": "\(permits.address)"]) }
        log.notice("admin", metadata: ["address": "\(admin.address)"])
    }
}

extension ListenAddress {
    /// Whether the system chooses the port.
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
