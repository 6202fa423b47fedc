internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Logging
internal import UnixSignals
internal import WeirConfiguration
internal import WeirSidecar

/// A sidecar in a terminal or under a supervisor: from its start to the signal that ends it.
enum Session {
    /// Serves until SIGTERM or SIGINT. Ends with 69 or 78 where it cannot start.
    ///
    /// - Parameter whileRunning: done beside it, and cancelled at the first signal.
    static func serve(
        _ loaded: LoadedConfiguration, from origin: ConfigurationOrigin,
        whileRunning: @escaping @Sendable (Sidecar) async -> Void = { _ in }
    ) async throws {
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        let logs = Logs(loaded.settings.log)
        let log = logs.logger
        let supervisor = Supervisor(log: log)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let sidecar: Sidecar
        do {
            sidecar = try await Sidecar.start(loaded, from: origin, logs: logs)
        } catch let error as StartError {
            await logs.flush()
            Terminal.complain("weir: \(error)")
            throw error.isUnavailable ? ExitCode.unavailable : ExitCode.badConfiguration
        } catch {
            await logs.flush()
            Terminal.complain("weir: internal failure: \(error)")
            throw ExitCode.internalFailure
        }
        StartPages.release()
        supervisor.ready()
        let beside = Task { await whileRunning(sidecar) }
        var stopping: Task<Void, Never>?
        for await signal in signals {
            if signal == .sighup {
                Task { await reload(sidecar, supervisor, log) }
            } else if stopping != nil {
                log.warning("second signal: ending at once")
                await logs.flush()
                return
            } else {
                beside.cancel()
                stopping = Task {
                    supervisor.stopping()
                    await sidecar.stop()
                    await logs.flush()
                    exit(EXIT_SUCCESS)
                }
            }
        }
    }

    private static func reload(_ sidecar: Sidecar, _ supervisor: Supervisor, _ log: Logger) async {
        supervisor.reloading()
        switch await sidecar.reload() {
        case .done, .failed: supervisor.ready()
        case .ignored(let reason): log.warning("SIGHUP ignored: \(reason)")
        }
    }

    /// A proxy needs two descriptors a call: takes what the system allows, as HAProxy does.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
