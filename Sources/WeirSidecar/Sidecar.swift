internal import Logging
internal import NIOCore
internal import WeirAPI
internal import WeirAdmin
package import WeirConfiguration
internal import WeirCore
internal import WeirProxy

/// A running Weir: its listeners, its admin endpoint, and the metrics between them.
package final class Sidecar: Sendable {
    private let installation: Installation
    private let reloader: Reloader
    private let reloads: ReloadQueue<ReloadOutcome>
    private let view: AdminView
    private let admin: AdminServer
    private let permits: PermitServer?
    private let logs: Logs
    private let monitor: Task<Void, Never>

    private init(
        installation: Installation, reloader: Reloader, view: AdminView, admin: AdminServer, permits: PermitServer?,
        logs: Logs
    ) {
        self.installation = installation
        self.reloader = reloader
        self.view = view
        self.admin = admin
        self.permits = permits
        reloads = ReloadQueue { await reloader.reload() }
        self.logs = logs
        monitor = Self.monitor(installation, logs)
    }

    /// Starts everything; returns once it listens and `/readyz` answers 200.
    ///
    /// - Parameters:
    ///   - loaded: the configuration.
    ///   - origin: where it came from, and is reloaded from.
    ///   - logs: where messages and the access log go.
    /// - Throws: `StartError`.
    package static func start(
        _ loaded: LoadedConfiguration, from origin: ConfigurationOrigin, logs: Logs
    ) async throws -> Sidecar {
        let settings = loaded.settings
        let catalogue = try MetricCatalogue()
        let state = try settings.stateFile.map { path in try openState(path, log: logs.logger) }
        let feed = EventFeed()
        let view = AdminView(catalogue: catalogue, path: origin.name, effective: loaded.effectiveYAML, feed: feed)
        let installation = Installation(
            catalogue: catalogue, feed: feed, file: origin.name, mostLanes: System.coreCount, state: state)
        let admin: AdminServer
        do {
            admin = try AdminServer(
                settings: AdminSettings(
                    listen: AdminAddress(settings.admin.listen), maxConnections: settings.admin.maxConnections,
                    allowHosts: settings.admin.allowHosts, allowChanges: settings.admin.allowChanges),
                source: view, events: feed)
        } catch {
            throw StartError.admin("\(error)")
        }
        do {
            try await installation.change(to: settings, logs: logs)
            let reloader = Reloader(
                origin, settings: settings, installation: installation, view: view, admin: admin, feed: feed, logs: logs
            )
            let roster = await installation.roster
            let permits = try await permitServer(settings.api, on: roster.lanes.first, finder: view)
            let sidecar = Sidecar(
                installation: installation, reloader: reloader, view: view, admin: admin, permits: permits, logs: logs)
            view.becomeReady(roster) { [reloads = sidecar.reloads] in await Self.reload(reloads) }
            try await sidecar.announce()
            return sidecar
        } catch {
            admin.stop()
            throw error
        }
    }

    private static func permitServer(
        _ options: APIOptions, on lane: Lane?, finder: AdminView
    ) async throws -> PermitServer? {
        guard let address = options.listen, let lane else { return nil }
        do {
            return try await PermitServer.start(on: address, group: lane.group, finder: finder)
        } catch {
            throw StartError.address("\(address)", for: "the acquire/report API", error)
        }
    }

    /// The address of the admin endpoint as bound.
    package var adminAddress: String { admin.address }

    /// The addresses of the upstreams as bound, by name.
    package func addresses() async throws -> [(upstream: String, address: String)] {
        var rows: [(String, String)] = []
        for lane in await installation.roster.lanes { rows += try await lane.addresses() }
        return rows
    }

    /// Reads the configuration again, and has it take effect whole or not at all. It tells of that itself.
    package func reload() async -> ReloadOutcome {
        await Self.reload(reloads)
    }

    /// Drains and stops: the line is refused, calls under way finish within `drain_timeout`, then everything closes.
    package func stop() async {
        let log = logs.logger
        monitor.cancel()
        view.drain()
        permits?.drain()
        await reloads.close()
        let timeout = reloader.settings.drainTimeout
        log.notice("draining", metadata: ["timeout": "\(timeout.text)"])
        let lanes = await installation.roster.lanes
        let finished = await withTaskGroup(of: Bool.self) { tasks in
            for lane in lanes {
                tasks.addTask { (try? await lane.drain(timeout: timeout)) ?? false }
            }
            return await tasks.reduce(true) { $0 && $1 }
        }
        if !finished { log.warning("drain timed out; calls under way are cut") }
        await permits?.close()
        for lane in lanes { await lane.close() }
        admin.stop()
        log.notice("stopped")
    }

    private static func reload(_ reloads: ReloadQueue<ReloadOutcome>) async -> ReloadOutcome {
        await reloads.run() ?? .ignored(because: "Weir is draining")
    }

    /// Tells the upstreams once a second what only the machine knows, and the log what it has held back.
    private static func monitor(_ installation: Installation, _ logs: Logs) -> Task<Void, Never> {
        Task {
            var host = HostMonitor()
            while !Task.isCancelled {
                let load = host.load()
                for lane in await installation.roster.lanes { lane.observe(load: load) }
                logs.tellHeld()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func announce() async throws {
        let log = logs.logger
        for (upstream, address) in try await addresses() {
            log.notice("listening", metadata: ["upstream": "\(upstream)", "address": "\(address)"])
        }
        if let permits { log.notice("api", metadata: ["address": "\(permits.address)"]) }
        log.notice("admin", metadata: ["address": "\(admin.address)"])
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
