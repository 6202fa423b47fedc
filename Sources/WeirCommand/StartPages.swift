#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// The pages of files that only the start has needed.
///
/// Reading a configuration and the runtime's first look at every conformance touch most of the binary, and the linker reads
/// the symbols of all libraries: more than half of what a sidecar would keep resident. What it needs to serve comes back by
/// itself, a few pages at a time, from the page cache.
enum StartPages {
    /// Lets go of them. Does nothing where the system does not say what is mapped.
    static func release() {
        #if canImport(Glibc)
        // First all that reads the list, then all that lets go, so that little of this comes back itself.
        for pages in unchangedPages() {
            _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: pages.lowerBound), pages.count, MADV_DONTNEED)
        }
        #endif
    }

    #if canImport(Glibc)
    private static func unchangedPages() -> [Range<UInt>] {
        guard let maps = unsafe fopen("/proc/self/maps", "r") else { return [] }
        defer { unsafe fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        var found: [Range<UInt>] = []
        while unsafe getline(&line, &capacity, maps) > 0, let text = unsafe line {
            if let pages = unchanged(unsafe String(cString: text)) { found.append(pages) }
        }
        return found
    }
    #endif

    /// The addresses of a line of `maps` (proc(5)) that maps what nobody has written to since it was mapped: code of a file, or
    /// the head of one, with its symbols; nil for any other. Other read-only data is none of it: the linker has written there.
    static func unchanged(_ line: String) -> Range<UInt>? {
        let fields = line.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count >= 6, fields[5].hasPrefix("/") else { return nil }
        guard fields[1] == "r-xp" || fields[1] == "r--p" && UInt(fields[2], radix: 16) == 0 else { return nil }
        let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
        return bounds[0]..<bounds[1]
    }
}
