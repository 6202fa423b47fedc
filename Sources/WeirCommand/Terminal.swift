#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Standard output and error.
enum Terminal {
    /// Writes a line to standard error.
    static func complain(_ line: String) {
        write(line, to: STDERR_FILENO)
    }

    /// Writes a line to standard output.
    static func say(_ line: String) {
        write(line, to: STDOUT_FILENO)
    }

    private static func write(_ line: String, to descriptor: Int32) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
