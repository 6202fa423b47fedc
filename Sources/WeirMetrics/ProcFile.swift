#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads what the kernel shows in `/proc`; nothing where there is no such thing.
package enum ProcFile {
    /// The most that is read of a file. Those of interest have a few KiB; `/proc/stat` grows with the machine.
    private static let longest = 1024 * 1024

    /// The contents of a file, cut off behind `longest`; empty if it cannot be read.
    package static func contents(_ path: String) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while contents.count < longest {
            let count = unsafe read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            contents.append(contentsOf: piece.prefix(count))
        }
        return contents
    }

    /// How many descriptors this process has open; `nil` if that cannot be told.
    static func openDescriptors() -> Int? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while let entry = unsafe readdir(folder) {
            // Those beginning with a dot are the folder and its parent.
            if unsafe entry.pointee.d_name.0 != CChar(46) { count += 1 }
        }
        // One is that of the folder.
        return count - 1
    }

    /// Clock ticks per second.
    static var ticksPerSecond: UInt64 {
        UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Bytes per page.
    static var pageSize: UInt64 {
        UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    }
}
