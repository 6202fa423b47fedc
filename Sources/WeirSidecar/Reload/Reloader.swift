internal import Logging
internal import Synchronization
internal import WeirAdmin
internal import WeirConfiguration
internal import WeirProxy

/// Reads the configuration again, and has it take effect whole or not at all.
final class Reloader: Sendable {
    private let origin: ConfigurationOrigin
    private let installation: Installation
    private let view: AdminView
    private let admin: AdminServer
    private let feed: EventFeed
    private let logs: Logs
    private let inForce: Mutex<SidecarSettings>

    /// - Parameters:
    ///   - settings: those in force.
    ///   - logs: where it is told, as the configuration in force says.
    init(
        _ origin: ConfigurationOrigin, settings: SidecarSettings, installation: Installation, view: AdminView,
        admin: AdminServer, feed: EventFeed, logs: Logs
    ) {
        self.origin = origin
        self.installation = installation
        self.view = view
        self.admin = admin
        self.feed = feed
        self.logs = logs
        inForce = Mutex(settings)
    }

    /// The settings in force.
    var settings: SidecarSettings { inForce.withLock { $0 } }

    /// Reloads, and tells of it: in the log, as an event, in metrics and in the status. Not to be called while it runs.
    func reload() async -> ReloadOutcome {
        let present = settings
        do {
            let loaded = try origin.load().get()
            try refuse(FixedSettings.problems(present, loaded.settings, file: origin.name))
            try await installation.change(to: loaded.settings, logs: logs)
            logs.apply(loaded.settings.log)
            admin.admit(
                allowHosts: loaded.settings.admin.allowHosts, allowChanges: loaded.settings.admin.allowChanges)
            inForce.withLock { $0 = loaded.settings }
            view.reloaded(await installation.roster, effective: loaded.effectiveYAML)
            tell(loaded, since: present)
            return .done
        } catch {
            let problems = (error as? ConfigurationError)?.problems.map(\.description) ?? ["\(error)"]
            view.reloadFailed()
            feed.publish(Self.event(problems))
            logs.logger.error(
                "configuration not reloaded; the one before stays in force",
                metadata: ["problems": "\(problems.joined(separator: "; "))"])
            return .failed(problems)
        }
    }

    private func refuse(_ problems: [ConfigurationProblem]) throws(ConfigurationError) {
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    private func tell(_ loaded: LoadedConfiguration, since former: SidecarSettings) {
        feed.publish(Self.event([]))
        for warning in loaded.warnings { logs.logger.warning("\(warning)") }
        logs.logger.notice(
            "configuration reloaded",
            metadata: ["changes": "\(ReloadSummary.text(former, loaded.settings))"])
    }

    private static func event(_ problems: [String]) -> AdminEvent {
        AdminEvent(
            .reload, time: EventTime.now,
            details: [.init("ok", .flag(problems.isEmpty)), .init("problems", .texts(problems))])
    }
}
