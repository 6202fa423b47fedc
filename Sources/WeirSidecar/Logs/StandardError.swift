#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Where messages go.
enum StandardError {
    /// Writes all of `bytes`, and waits as long as that takes. What nobody can read any more is lost.
    static func put(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno == EAGAIN {
                // Whoever shares the terminal may have asked it not to block.
                var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&ready, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}
