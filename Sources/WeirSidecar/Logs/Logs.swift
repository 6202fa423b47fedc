internal import Dispatch
internal import FoundationEssentials
package import Logging
internal import NIOCore
internal import Synchronization
internal import WeirCore
package import WeirConfiguration
package import WeirProxy

/// The messages of a sidecar, and its access log.
///
/// Whoever logs only puts a record into a bounded queue; a thread of its own turns records into lines and writes them.
/// Where nobody reads fast enough records are dropped, and the log says how many.
package final class Logs: Sendable {
    /// Records that may wait to be written; a record holds little more than 1 KiB at the most.
    static let mostQueued = 8192

    private struct State {
        var options: LogOptions
        var throttle = LogThrottle()
        var queue: [LogRecord] = []
        var dropped = 0
        var isWriting = false
    }

    private let state: Mutex<State>
    private let writer = DispatchQueue(label: "weir.log")
    private let write: @Sendable ([UInt8]) -> Void
    private let now: @Sendable () -> Instant

    /// The log on standard error.
    package convenience init(_ options: LogOptions) {
        self.init(
            options, now: { Instant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) },
            write: StandardError.put)
    }

    /// A log that `write`, which may block, takes the lines of, and which reads `now` as its clock.
    init(_ options: LogOptions, now: @escaping @Sendable () -> Instant, write: @escaping @Sendable ([UInt8]) -> Void) {
        state = Mutex(State(options: options))
        self.now = now
        self.write = write
    }

    /// Writes messages from here on as `options` say. The access log is a matter of ``accessSink``.
    package func apply(_ options: LogOptions) {
        state.withLock { $0.options = options }
    }

    /// The front of it: messages of the same cause are thinned out.
    package var logger: Logger {
        Logger(label: "weir") { _ in SidecarLogHandler(logs: self) }
    }

    /// Takes the records of calls; nil where the access log is off.
    package var accessSink: AccessSink? {
        state.withLock { $0.options.access } ? callSink : nil
    }

    /// Takes the records of calls.
    var callSink: AccessSink {
        { [self] in submit(LogRecord($0, time: .now)) }
    }

    /// The least grave messages that are written.
    var level: Logger.Level {
        state.withLock { Logger.Level(rawValue: $0.options.level.rawValue) ?? .info }
    }

    /// Takes a message.
    func submit(message: LogRecord) {
        let now = now()
        if let record = state.withLock({ $0.throttle.offer(message, now: now) }) { submit(record) }
    }

    /// Writes what was held back, as far as it is due; to be called about once a second.
    func tellHeld() {
        let now = now()
        for record in state.withLock({ $0.throttle.due(now: now) }) { submit(record) }
    }

    /// Waits until all is written, 1 s at the most: nobody may be reading.
    package func flush() async {
        for record in state.withLock({ $0.throttle.end() }) { submit(record) }
        for _ in 0..<1000 where state.withLock({ $0.isWriting }) {
            try? await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Puts a record into the queue, and the thread to work where it rests.
    private func submit(_ record: LogRecord) {
        let wakes = state.withLock { state in
            guard state.queue.count < Self.mostQueued else {
                state.dropped += 1
                return false
            }
            state.queue.append(record)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if wakes { writer.async { self.writeQueue() } }
    }

    /// On the thread: writes until nothing is left.
    private func writeQueue() {
        while let (records, dropped, format) = next() {
            var bytes: [UInt8] = []
            for record in records { record.write(as: format, into: &bytes) }
            if dropped > 0 { LogRecord.lost(dropped).write(as: format, into: &bytes) }
            write(bytes)
        }
    }

    private func next() -> (records: [LogRecord], dropped: Int, format: LogOptions.Format)? {
        state.withLock { state in
            guard !state.queue.isEmpty else {
                state.isWriting = false
                return nil
            }
            defer { (state.queue, state.dropped) = ([], 0) }
            return (state.queue, state.dropped, state.options.format)
        }
    }
}

extension LogRecord {
    /// Lines were dropped since nobody read them.
    fileprivate static func lost(_ count: Int) -> LogRecord {
        LogRecord(
            time: .now, level: .warning, message: "log lines dropped", source: "WeirSidecar",
            members: [("count", .number(Double(count)))])
    }
}
