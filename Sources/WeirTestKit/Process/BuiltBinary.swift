package import Foundation

/// Finds the executable that a test is to start.
package enum BuiltBinary {
    /// There is none.
    package struct Missing: Error, CustomStringConvertible {
        /// Where it was looked for.
        package let description: String
    }

    /// The file that `WEIR_BINARY` names, else `weir` beside the test bundle or in a folder above it.
    ///
    /// - Throws: `Missing`.
    package static func locate() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["WEIR_BINARY"], !path.isEmpty {
            let file = URL(filePath: path)
            guard isExecutableFile(file) else { throw Missing(description: "WEIR_BINARY=\(path) cannot be executed") }
            return file
        }
        var tried: [String] = []
        for start in starts() {
            var folder = start.standardizedFileURL
            // A bundle on macOS holds its program three folders deep.
            for _ in 0..<5 where folder.path != "/" {
                folder.deleteLastPathComponent()
                let candidate = folder.appending(path: "weir")
                tried.append(candidate.path)
                if isExecutableFile(candidate) { return candidate }
            }
        }
        throw Missing(
            description: "no weir executable: set WEIR_BINARY, or build it; tried \(tried.joined(separator: ", "))")
    }

    /// What the test bundle may be known by: arguments that name it, the running program, the main bundle.
    private static func starts() -> [URL] {
        let arguments = CommandLine.arguments.filter { $0.contains(".xctest") } + CommandLine.arguments.prefix(1)
        let own = [Bundle.main.executableURL, Bundle.main.bundleURL.appending(path: "program")].compactMap { $0 }
        return arguments.map { URL(filePath: $0) } + own
    }

    private static func isExecutableFile(_ file: URL) -> Bool {
        var isFolder: ObjCBool = false
        return unsafe FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
            && !isFolder.boolValue && FileManager.default.isExecutableFile(atPath: file.path)
    }
}
