internal import Synchronization
package import WeirCore

/// The file in which spent quota, stops and circuits survive a restart, mapped into memory: what is written is kept
/// whenever the process is killed. See `docs/decisions/0007-state-file.md`.
///
/// It belongs to this process alone, by a lock on `FILE.lock` that goes with the process.
package final class StateFile: Sendable {
    /// What was found at the start.
    package enum Finding: Hashable, Sendable {
        /// No file: nothing is spent.
        case new
        /// A file of this boot: everything goes on.
        case continued
        /// The same, but the wall clock has been set back: calendar windows count as spent.
        case clockSetBack
        /// A file of another boot: everything counts as spent for one window; stops go on by the wall clock.
        case otherBoot
        /// A file that cannot be used, kept under another name: everything counts as spent for one window.
        case setAside(reason: String, as: String)
    }

    /// What time it is, and in which boot.
    package struct Clock: Sendable {
        /// On the clock that limits are told.
        package let now: Instant
        /// The wall clock (since 1970) less that.
        package let wallOffset: TimeSpan
        /// Two words that no other boot has; nil where that cannot be told: then every start is one in another boot.
        package let boot: KeyDigest?

        /// A moment in a boot.
        package init(now: Instant, wallOffset: TimeSpan, boot: KeyDigest?) {
            self.now = now
            self.wallOffset = wallOffset
            self.boot = boot
        }
    }

    struct Books {
        let descriptor: Int32
        let header: MappedSegment
        var regions: [StateRegion]
        /// Bytes up to which regions reach; a multiple of the page.
        var end: Int
    }

    /// The file.
    package let path: String
    /// What was found at the start.
    package let finding: Finding
    /// The secret under which keys are digested: the same as before the restart, so that they mean the same.
    package let keySeed: KeySeed

    let header: MappedSegment
    let books: Mutex<Books>
    let afterStore: (@Sendable () -> Void)?
    private let lock: Int32

    private init(
        path: String, finding: Finding, books: Books, lock: Int32, afterStore: (@Sendable () -> Void)?
    ) {
        self.path = path
        self.finding = finding
        self.lock = lock
        self.afterStore = afterStore
        header = books.header
        keySeed = KeySeed(
            books.header.load(StateLayout.Header.seed), books.header.load(StateLayout.Header.seed + 1))
        self.books = Mutex(books)
    }

    deinit {
        books.withLock { FileSystem.release($0.descriptor) }
        FileSystem.release(lock)
    }

    /// Opens the file, or makes one.
    ///
    /// - Parameters:
    ///   - path: its folder must exist; `path.lock` and, for a moment, `path.new` lie beside it.
    ///   - clock: the present.
    ///   - seed: for the keys' digests where the file does not bring one.
    ///   - afterStore: called after each store of a word: a kill would leave the file as it is then.
    /// - Throws: where the file cannot be had.
    package static func open(
        _ path: String, clock: Clock, seed: KeySeed, afterStore: (@Sendable () -> Void)? = nil
    ) throws(StateFileError) -> StateFile {
        let lock: Int32
        do {
            guard let taken = try FileSystem.lock(path + ".lock") else { throw StateFileError.inUse(path) }
            lock = taken
        } catch let error as StateFileError {
            throw error
        } catch {
            throw .system(path + ".lock", "\(error)")
        }
        do {
            let (finding, books) = try opened(path, clock: clock, seed: seed, afterStore: afterStore)
            return StateFile(path: path, finding: finding, books: books, lock: lock, afterStore: afterStore)
        } catch {
            FileSystem.release(lock)
            throw error as? StateFileError ?? .system(path, "\(error)")
        }
    }

    private static func opened(
        _ path: String, clock: Clock, seed: KeySeed, afterStore: (@Sendable () -> Void)?
    ) throws -> (Finding, Books) {
        let descriptor: Int32
        let bytes: Int
        switch try FileSystem.open(path) {
        case .nothing:
            let header = StateHeader(boot: clock.boot, seed: seed, spentAt: nil)
            return (.new, try StateMaker.make(path, header, clock, afterStore: afterStore) { _ in })
        case .somethingElse: throw StateFileError.system(path, "it is not a file")
        case .file(let found, let length): (descriptor, bytes) = (found, length)
        }
        // Whatever becomes of it, a fresh file takes its place in one step, or none does.
        switch try StateReader.read(descriptor, bytes: bytes, clock: clock, afterStore: afterStore) {
        case .usable(let books, let isSetBack):
            let finding = isSetBack ? Finding.clockSetBack : .continued
            guard books.regions.contains(where: { $0.state != .live }) else { return (finding, books) }
            // Where there is no room for another file, this one does as well.
            guard let packed = try? StateMaker.pack(path, books, clock, afterStore: afterStore) else {
                return (finding, books)
            }
            FileSystem.release(descriptor)
            return (finding, packed)
        case .otherBoot(let seed, let scopes):
            let header = StateHeader(boot: clock.boot, seed: seed, spentAt: clock.now)
            let made = try StateMaker.make(path, header, clock, afterStore: afterStore) { books in
                try StateMaker.carry(scopes, into: &books, clock: clock, afterStore: afterStore)
            }
            FileSystem.release(descriptor)
            return (.otherBoot, made)
        case .unusable(let reason, let kind):
            FileSystem.release(descriptor)
            let aside = "\(path).\(kind)-\((clock.now + clock.wallOffset).nanoseconds / 1_000_000_000)"
            try FileSystem.keep(path, as: aside)
            let header = StateHeader(boot: clock.boot, seed: seed, spentAt: clock.now)
            return (
                .setAside(reason: reason, as: aside),
                try StateMaker.make(path, header, clock, afterStore: afterStore) { _ in }
            )
        }
    }

    // MARK: What all upstreams share

    /// When everything counted as spent, for limits that follow the wall clock or not; nil: never.
    func spentAt(followsWallClock: Bool) -> Instant? {
        let spent = StateMoment.moment(header.load(StateLayout.Header.spentAt))
        guard followsWallClock else { return spent }
        let setBack = StateMoment.moment(StateWord.payload(header.load(StateLayout.Header.setBackAt)))
        return max(spent ?? setBack, setBack ?? spent)
    }

    /// The wall clock less the monotonic one, as last told.
    var wallOffset: TimeSpan {
        get { StateHeader.wallOffset(header.load(StateLayout.Header.wallOffset)) }
        set {
            let word = StateHeader.word(wallOffset: newValue)
            if header.load(StateLayout.Header.wallOffset) != word { header.store(StateLayout.Header.wallOffset, word) }
        }
    }

    // MARK: Regions

    /// A region to be made.
    struct Order {
        let identity: KeyDigest
        let ring: Int
        let entries: Int
        let shape: UInt64
    }

    /// The regions in use of that identity.
    func live(_ identity: KeyDigest) -> [StateRegion] {
        books.withLock { $0.regions.filter { $0.identity == identity && $0.state == .live } }
    }

    /// Adds regions at the end, to be filled.
    func add(_ orders: [Order]) throws(StateFileError) -> [StateRegion] {
        do {
            return try books.withLock { try StateMaker.add(orders, to: &$0, afterStore: afterStore) }
        } catch {
            throw .system(path, "\(error)")
        }
    }

    /// Drops all but what these limits and scopes use: the others are not configured any more.
    package func dropAll(but used: [UpstreamBooks]) {
        let identities = used.reduce(into: Set<KeyDigest>()) { $0.formUnion($1.identities) }
        books.withLock { books in
            for region in books.regions where region.state == .live && !identities.contains(region.identity) {
                region.become(.void)
            }
        }
    }
}

private func max(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left, let right else { return left ?? right }
    return left > right ? left : right
}

/// Why a state file cannot be had, for people.
package enum StateFileError: Error, CustomStringConvertible {
    /// Another process has it.
    case inUse(String)
    /// The system would not have it.
    case system(String, String)

    /// The path and the reason.
    package var description: String {
        switch self {
        case .inUse(let path): "state file \(path): another process uses it"
        case .system(let path, let reason): "state file \(path): \(reason)"
        }
    }
}
