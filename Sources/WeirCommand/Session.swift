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
        _ loaded: LoadedConfiguration, path: String,
        whileRunning: @escaping @Sendable (Sidecar) async -> Void = { _ in }
    ) async throws {
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        let log = logger(loaded.settings.log)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let sidecar: Sidecar
        do {
            sidecar = try await Sidecar.start(
                loaded.settings, path: path, effective: loaded.effectiveYAML, log: log)
        } catch let error as StartError {
            Terminal.complain("weir: \(error)")
            throw error.isUnavailable ? ExitCode.unavailable : ExitCode.badConfiguration
        } catch {
            Terminal.complain("weir: internal failure: \(error)")
            throw ExitCode.internalFailure
        }
        StartPages.release()
        let beside = Task { await whileRunning(sidecar) }
        var stopping: Task<Void, Never>?
        for await signal in signals {
            if signal == .sighup {
                log.warning("SIGHUP: this version of Weir cannot reload its configuration; restart it instead")
            } else if stopping != nil {
                log.warning("second signal: ending at once")
                return
            } else {
                beside.cancel()
                stopping = Task {
                    await sidecar.stop()
                    exit(EXIT_SUCCESS)
                }
            }
        }
    }

    private static func logger(_ options: LogOptions) -> Logger {
        var log = Logger(label: "weir") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = Logger.Level(rawValue: options.level.rawValue) ?? .info
        return log
    }

    /// A proxy needs two descriptors a call: takes what the system allows, as HAProxy does.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
