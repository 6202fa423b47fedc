#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Synchronization

/// A part of a file in memory, shared with the kernel: what is stored is in the file even if the process is killed in the
/// next instant, without a write or a sync.
///
/// It is read and written in whole aligned words only, each stored after those before it: a kill leaves a prefix of the
/// stores. Every access is checked against the bounds; outside there are zeros, and nothing is stored.
@safe
final class MappedSegment: @unchecked Sendable {
    /// How many words there are.
    let count: Int
    private let base: UnsafeMutableRawPointer
    private let afterStore: (@Sendable () -> Void)?

    /// Maps `bytes` of the file from `offset` on, which is a multiple of the page. The file must be as long.
    ///
    /// - Parameter afterStore: called after each store: where a kill would leave the file as it is then.
    /// - Throws: the reason as an `errno`.
    init(
        _ descriptor: Int32, offset: Int, bytes: Int, afterStore: (@Sendable () -> Void)?
    ) throws(SystemFailure) {
        let mapped = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, off_t(offset))
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw SystemFailure(errno) }
        unsafe base = mapped
        count = bytes / MemoryLayout<UInt64>.size
        self.afterStore = afterStore
    }

    deinit {
        unsafe munmap(base, count * MemoryLayout<UInt64>.size)
    }

    /// The word at `index`.
    func load(_ index: Int) -> UInt64 {
        guard index >= 0, index < count else { return 0 }
        return unsafe words[index].load(ordering: .acquiring)
    }

    /// Stores the word at `index`, after all that was stored before.
    func store(_ index: Int, _ word: UInt64) {
        guard index >= 0, index < count else { return }
        unsafe words[index].store(word, ordering: .releasing)
        afterStore?()
    }

    private var words: UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe base.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// Why a system call failed.
struct SystemFailure: Error, CustomStringConvertible {
    let code: Int32

    init(_ code: Int32) {
        self.code = code
    }

    var description: String { unsafe String(cString: strerror(code)) }
}

/// The calls that a state file needs of the system, each with its failure as an error.
enum FileSystem {
    /// What is at a path.
    enum Found {
        case nothing
        case file(descriptor: Int32, bytes: Int)
        case somethingElse
    }

    /// Opens a file for reading and writing.
    static func open(_ path: String) throws(SystemFailure) -> Found {
        let descriptor = Self.open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .nothing }
            if errno == EISDIR || errno == ENXIO { return .somethingElse }
            throw SystemFailure(errno)
        }
        var found = stat()
        guard unsafe fstat(descriptor, &found) == 0 else { throw SystemFailure(errno) }
        guard found.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return .somethingElse
        }
        return .file(descriptor: descriptor, bytes: Int(found.st_size))
    }

    /// Makes a file for us alone, empty.
    static func create(_ path: String) throws(SystemFailure) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemFailure(errno) }
        return descriptor
    }

    /// Opens a lock file, made if there is none, and takes its lock, which goes with the process. nil where another process
    /// has it.
    static func lock(_ path: String) throws(SystemFailure) -> Int32? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SystemFailure(errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            if reason == EWOULDBLOCK { return nil }
            throw SystemFailure(reason)
        }
        return descriptor
    }

    /// Makes room for the bytes up to `end`, on the disk and not only in the file's length: a store into a mapped hole would
    /// kill the process where the disk is full.
    static func allocate(_ descriptor: Int32, from offset: Int, to end: Int) throws(SystemFailure) {
        guard end > offset else { return }
        #if canImport(Glibc)
        var problem: Int32
        repeat { problem = posix_fallocate(descriptor, off_t(offset), off_t(end - offset)) } while problem == EINTR
        guard problem == 0 else { throw SystemFailure(problem) }
        #else
        guard ftruncate(descriptor, off_t(end)) == 0 else { throw SystemFailure(errno) }
        #endif
    }

    /// Cuts a file off.
    static func truncate(_ descriptor: Int32, to bytes: Int) throws(SystemFailure) {
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw SystemFailure(errno) }
    }

    /// Puts a file in the place of another, in one step.
    static func replace(_ path: String, with newer: String) throws(SystemFailure) {
        guard unsafe rename(newer, path) == 0 else { throw SystemFailure(errno) }
    }

    /// Gives a file a second name; an earlier file of that name goes.
    static func keep(_ path: String, as other: String) throws(SystemFailure) {
        unsafe unlink(other)
        guard unsafe link(path, other) == 0 else { throw SystemFailure(errno) }
    }

    static func remove(_ path: String) {
        unsafe unlink(path)
    }

    static func release(_ descriptor: Int32) {
        close(descriptor)
    }

    private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        #if canImport(Glibc)
        unsafe Glibc.open(path, flags, mode)
        #else
        unsafe Darwin.open(path, flags, mode)
        #endif
    }
}
