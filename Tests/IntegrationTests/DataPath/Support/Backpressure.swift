import Foundation
import Testing
import WeirTestKit

extension DataPath {
    /// Waits until a count has come above `start` and stands still, and returns it.
    static func standstill(above start: Int = 0, _ count: () -> Int) async throws -> Int {
        var last = -1
        var repeats = 0
        for _ in 0..<200 {
            let now = count()
            repeats = now == last && now > start ? repeats + 1 : 0
            if repeats == 5 { return now }
            last = now
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the count has not come to a standstill; it is \(last)")
        return last
    }
}

extension DataPath {
    /// Watches that a process takes little more memory than it had.
    struct MemoryWatch {
        /// What may be added, in bytes.
        private static let allowance = 16 << 20
        private let process: WeirProcess
        private let start: Int

        init(_ process: WeirProcess) throws {
            self.process = process
            start = try Self.residentBytes(of: process)
        }

        func expectLittleGrowth(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let growth = try Self.residentBytes(of: process) - start
            #expect(growth < Self.allowance, sourceLocation: sourceLocation)
        }

        /// 0 where the system does not say.
        private static func residentBytes(of process: WeirProcess) throws -> Int {
            #if os(Linux)
            let path = "/proc/\(process.processIdentifier)/status"
            let status = try String(contentsOfFile: path, encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
            let kibibytes = try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) })
            return kibibytes * 1024
            #else
            return 0
            #endif
        }
    }
}
