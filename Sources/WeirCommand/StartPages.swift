#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The pages of code that only the start has needed.
///
/// Reading a configuration and the runtime's first look at every conformance touch most of the binary: 17 of the 28 MiB
/// that a sidecar would keep resident. What it needs to serve comes back by itself, a few pages at a time, from the page
/// cache.
enum StartPages {
    /// Lets go of them. Does nothing where the system does not say what is mapped.
    static func release() {
        #if canImport(Glibc)
        guard let maps = unsafe fopen("/proc/self/maps", "r") else { return }
        defer { unsafe fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        while unsafe getline(&line, &capacity, maps) > 0, let text = unsafe line {
            guard let code = code(unsafe String(cString: text)) else { continue }
            _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: code.lowerBound), code.count, MADV_DONTNEED)
        }
        #endif
    }

    /// The addresses of a line of `maps` (proc(5)) that maps code of a file, unchanged since it was mapped; nil for any
    /// other. Read-only data is none of it: the linker has written there.
    static func code(_ line: String) -> Range<UInt>? {
        let fields = line.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { return nil }
        let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
        return bounds[0]..<bounds[1]
    }
}
