package import Foundation

/// The built `weir` as a child process, for tests that see it only from outside.
///
/// A wait that fails kills the child first; its error ends with the last lines of the log. The child and its
/// folder go with `stop()`, or when the object is let go (so hold it: end a test with `stop()`); the child also when
/// the test process exits.
package final class WeirProcess: Sendable {
    /// A folder of its own, for the configuration and whatever a test puts there.
    package let folder: URL

    private let process: Process
    private let output: Observed<ProcessOutput>

    private init(process: Process, folder: URL, output: Observed<ProcessOutput>) {
        self.process = process
        self.folder = folder
        self.output = output
    }

    deinit {
        kill()
        removeFolder()
    }

    /// Starts the program.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments; `--config FILE` is added to them when there is a configuration.
    ///   - configuration: Written to `weir.yaml` in the child's folder; `{folder}` in it becomes that folder.
    ///   - environment: Added to that of the test, from which `WEIR_CONFIG` is dropped.
    ///   - binary: The program; by default the file of `WEIR_BINARY`, or `weir` beside the test bundle.
    /// - Throws: When there is no such program or it cannot be started.
    package static func start(
        _ arguments: [String] = ["run"], configuration: String? = nil, environment: [String: String] = [:],
        binary: URL? = nil
    ) throws -> WeirProcess {
        let process = Process()
        process.executableURL = try binary ?? BuiltBinary.locate()
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let output = Observed(ProcessOutput())
        let child = WeirProcess(process: process, folder: folder, output: output)
        if let configuration {
            try child.writeConfiguration(configuration)
            process.arguments = arguments + ["--config", child.configurationFile.path]
        } else {
            process.arguments = arguments
        }
        var inherited = ProcessInfo.processInfo.environment
        inherited["WEIR_CONFIG"] = nil
        process.environment = inherited.merging(environment) { $1 }
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice

        let errors = Pipe()
        let prints = Pipe()
        process.standardError = errors
        process.standardOutput = prints
        process.terminationHandler = { process in
            let status = process.terminationStatus
            let code = process.terminationReason == .uncaughtSignal ? 128 + status : status
            output.change { $0.exitCode = code }
            ChildRegistry.remove(process.processIdentifier)
        }
        try process.run()
        ProcessOutput.collect(errors, into: output, as: \.errorLines)
        ProcessOutput.collect(prints, into: output, as: \.outputLines)
        ChildRegistry.insert(process.processIdentifier)
        if !child.isRunning {
            // It may have ended before it was registered.
            ChildRegistry.remove(process.processIdentifier)
        }
        return child
    }

    /// The file that the configuration is in.
    package var configurationFile: URL { folder.appending(path: "weir.yaml") }

    /// Writes the configuration anew, in one piece; for a reload.
    package func writeConfiguration(_ text: String) throws {
        let text = text.replacingOccurrences(of: "{folder}", with: folder.path)
        try text.write(to: configurationFile, atomically: true, encoding: .utf8)
    }

    /// The process id.
    package var processIdentifier: Int32 { process.processIdentifier }

    /// The lines of standard error so far.
    package var errorLines: [String] { output.value.errorLines }

    /// The lines of standard output so far.
    package var outputLines: [String] { output.value.outputLines }

    /// Whether it has not ended.
    package var isRunning: Bool { output.value.exitCode == nil }

    /// Sends a signal, such as SIGTERM; nothing once it has ended.
    package func signal(_ signal: Int32) {
        // An id of 0, that of a process which never started, would mean the whole process group.
        if isRunning, process.processIdentifier > 0 {
            _ = Foundation.kill(process.processIdentifier, signal)
        }
    }

    /// Waits for a line of standard error or standard output with this text.
    ///
    /// - Parameter first: How many lines of standard error to pass over, such as those before a reload.
    /// - Returns: The first such line.
    /// - Throws: `DeadlineExceeded`, or `EndedEarly` when the process ends without it.
    @discardableResult
    package func waitForLine(
        containing text: String, after first: Int = 0, within limit: Duration = .seconds(10)
    ) async throws -> String {
        try await waitForLine("a line with \"\(text)\"", after: first, within: limit) { $0.text.contains(text) }.text
    }

    /// Where an upstream's listener listens, once it has logged so.
    package func address(
        of upstream: String, within limit: Duration = .seconds(10)
    ) async throws -> SocketEndpoint {
        try await address("the listener of \(upstream)", within: limit) {
            $0.text.contains("listening") && $0["upstream"] == upstream
        }
    }

    /// Where the admin endpoint listens, once it has logged so.
    package func adminAddress(within limit: Duration = .seconds(10)) async throws -> SocketEndpoint {
        try await serviceAddress("admin", within: limit)
    }

    /// Where another listener (`admin`, `api`) listens, once a line with that word has said so.
    package func serviceAddress(
        _ service: String, within limit: Duration = .seconds(10)
    ) async throws -> SocketEndpoint {
        try await address("the \(service) listener", within: limit) {
            $0["upstream"] == nil && $0.hasWord(service)
        }
    }

    /// Waits for the end of the process and of what it prints.
    ///
    /// - Returns: Its exit code, or 128 and the number of the signal that ended it.
    @discardableResult
    package func waitForExit(within limit: Duration = .seconds(10)) async throws -> Int32 {
        try await killingOnFailure {
            try await withDeadline(limit, waitingFor: "the exit of weir", seen: seen) { [output] in
                try await output.next { $0.openStreams == 0 ? $0.exitCode : nil }
            }
        }
    }

    /// Kills the process if it runs, waits until it is gone, and removes its folder.
    package func stop() async throws {
        kill()
        try await waitForExit()
        removeFolder()
    }

    /// A process that ended before it did what a test waited for.
    package struct EndedEarly: Error, CustomStringConvertible {
        package let description: String
    }

    private func address(
        _ what: String, within limit: Duration, where matches: @escaping @Sendable (LogLine) -> Bool
    ) async throws -> SocketEndpoint {
        let line = try await waitForLine("the address of \(what)", after: 0, within: limit) { line in
            line["address"].flatMap { SocketEndpoint($0) } != nil && matches(line)
        }
        guard let address = line["address"].flatMap({ SocketEndpoint($0) }) else {
            throw EndedEarly(description: "no address in \"\(line.text)\"")
        }
        return address
    }

    private func waitForLine(
        _ what: String, after first: Int, within limit: Duration, where matches: @escaping @Sendable (LogLine) -> Bool
    ) async throws -> LogLine {
        try await killingOnFailure {
            try await withDeadline(limit, waitingFor: what, seen: seen) { [output] in
                try await output.next { output in
                    let lines = output.errorLines.dropFirst(first) + output.outputLines
                    if let line = lines.lazy.map({ LogLine($0) }).first(where: matches) { return line }
                    guard output.exitCode == nil || output.openStreams > 0 else {
                        throw EndedEarly(description: "weir ended without \(what); seen: \(output)")
                    }
                    return nil
                }
            }
        }
    }

    private func killingOnFailure<Result>(_ wait: () async throws -> Result) async throws -> Result {
        do {
            return try await wait()
        } catch {
            kill()
            throw error
        }
    }

    private func kill() { signal(SIGKILL) }

    private func removeFolder() {
        // Left-overs in the temporary folder are no reason to fail.
        try? FileManager.default.removeItem(at: folder)
    }

    private func seen() -> String { output.value.description }
}
