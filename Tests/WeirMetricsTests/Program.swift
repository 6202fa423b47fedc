import Foundation

/// A program run to its end. Nothing blocks meanwhile: the threads of Swift's pool, of which a machine with one core has
/// one, are needed by tests that run at the same time.
struct Program {
    /// The code it ended with.
    let status: Int32
    /// What it wrote to standard output and standard error.
    let output: [UInt8]

    /// - Parameters:
    ///   - input: what it reads from standard input.
    ///   - folder: where its output goes meanwhile.
    init(_ program: URL, _ arguments: [String], input: URL? = nil, folder: URL) async throws {
        let written = folder.appending(path: "output-\(UUID())")
        try Data().write(to: written)
        defer { try? FileManager.default.removeItem(at: written) }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: written)
        process.standardOutput = output
        process.standardError = output
        status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        self.output = try Array(Data(contentsOf: written))
    }
}
