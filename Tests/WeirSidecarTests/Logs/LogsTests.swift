import Foundation
import Logging
import Synchronization
import Testing
import WeirConfiguration
import WeirCore
import WeirProxy
import WeirRuntime

@testable import WeirSidecar

@Suite("The log")
struct LogsTests {
    /// Takes lines, and can make whoever brings them wait.
    private final class Reader: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        private let gate = NSLock()

        func block() { gate.lock() }
        func unblock() { gate.unlock() }

        func take(_ more: [UInt8]) {
            gate.lock()
            gate.unlock()
            bytes.withLock { $0 += more }
        }

        var lines: [String] {
            bytes.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n").map(String.init)
        }
    }

    private static func options(_ level: LogOptions.Level = .info, access: Bool = false) -> LogOptions {
        var options = LogOptions()
        (options.level, options.access) = (level, access)
        return options
    }

    private static func logs(_ options: LogOptions, _ reader: Reader) -> Logs {
        Logs(options, now: { Instant(nanoseconds: 0) }, write: reader.take)
    }

    @Test("What is less grave than the level is not written, and the level can change")
    func level() async {
        let reader = Reader()
        let logs = Self.logs(Self.options(.warning), reader)
        let log = logs.logger
        log.notice("first")
        log.warning("second", metadata: ["upstream": "api", "count": "\(3)"])
        logs.apply(Self.options(.debug))
        log.debug("third")
        await logs.flush()
        #expect(reader.lines.count == 2)
        #expect(reader.lines.first?.hasSuffix("warning weir: count=3 upstream=api [WeirSidecarTests] second") == true)
        #expect(reader.lines.last?.contains("third") == true)
    }

    @Test("A cause that repeats itself is written once and told at the end, calls are all written")
    func thinned() async {
        let reader = Reader()
        let logs = Self.logs(Self.options(access: true), reader)
        for _ in 0..<50 { logs.logger.warning("again") }
        for _ in 0..<50 { logs.accessSink?(AccessRecord(outcome: .success)) }
        await logs.flush()
        #expect(reader.lines.count { $0.contains("again") } == 2)
        #expect(reader.lines.last?.contains("suppressed=48") == true)
        #expect(reader.lines.count { $0.contains("outcome=success") } == 50)
    }

    @Test("There is no access log unless it is asked for")
    func accessIsOff() {
        #expect(Self.logs(Self.options(), Reader()).accessSink == nil)
    }

    @Test("Where nobody reads, whoever logs is not held up; what does not fit is dropped and counted")
    func overflow() async throws {
        let reader = Reader()
        let logs = Self.logs(Self.options(access: true), reader)
        reader.block()
        let sent = 3 * Logs.mostQueued
        for _ in 0..<sent { logs.accessSink?(AccessRecord(outcome: .success)) }
        reader.unblock()
        await logs.flush()
        let written = reader.lines.count { $0.contains("access") }
        let told = try #require(reader.lines.first { $0.contains("log lines dropped") })
        let dropped = told.split(separator: " ").first { $0.hasPrefix("count=") }.flatMap { Int($0.dropFirst(6)) }
        #expect(written >= Logs.mostQueued)
        #expect(written + (dropped ?? 0) == sent)
    }
}
