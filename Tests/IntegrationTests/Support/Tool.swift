import Foundation
import Testing

/// The programs that tests run beside `weir`.
enum Tool {
    /// Where a program is, or a failure that says which Debian package has it.
    static func find(_ name: String, package: String) throws -> URL {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let tool = path.split(separator: ":").map { "\($0)/\(name)" }
            .first(where: FileManager.default.isExecutableFile)
        return URL(
            filePath: try #require(tool, "\(name) is not on the PATH: install the Debian package `\(package)`"))
    }
}
