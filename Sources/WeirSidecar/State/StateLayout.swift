internal import WeirCore

/// Where things are in the state file. All is 8-byte words in the machine's order; offsets are in words.
///
/// A page of header, then regions, each for one limit or for the stops and circuit of one scope. A region is a header and
/// entries of one size. Regions are added at the end and never moved; one that is replaced is marked void.
enum StateLayout {
    /// "WEIRSTAT" and "WEIRREGI", read as little-endian words.
    static let magic: UInt64 = 0x5441_5453_5249_4557
    static let regionMagic: UInt64 = 0x4947_4552_5249_4557
    /// Raised with every change that an older Weir would misread.
    static let version: UInt64 = 1
    /// Regions begin on such a boundary, where a mapping may.
    static let page = 4096

    /// The file's header.
    enum Header {
        static let magic = 0
        static let version = 1
        /// Two words: the boot in which the moments mean something.
        static let boot = 2
        /// Two words: the seed of the keys' digests.
        static let seed = 4
        /// When everything counted as spent, as a `StateMoment`.
        static let spentAt = 6
        /// Of the words before.
        static let check = 7
        /// Sealed: where the regions end, in bytes.
        static let end = 8
        /// Sealed: wall time less monotonic time, in microseconds, as last told.
        static let wallOffset = 9
        /// Sealed moment: when the wall clock was found set back.
        static let setBackAt = 10
    }

    /// A region's header.
    enum Region {
        static let magic = 0
        /// In words, the header included.
        static let length = 1
        /// Two words: whose it is.
        static let identity = 2
        /// Words of content in an entry.
        static let ring = 4
        static let entries = 5
        /// What stands for how the content is to be read, so that a changed limit gets a region of its own.
        static let shape = 6
        /// Of the words before.
        static let check = 7
        /// Sealed `RegionState`.
        static let state = 8
        static let words = 16
    }

    /// An entry: one key's use, or that of a whole limit, or one scope.
    enum Entry {
        /// The check of the words up to the content; 0: the entry is void.
        static let tag = 0
        /// Two words: the key's digest.
        static let digest = 1
        /// What stands for the tier's name, its last four bits exchanged for the `EntryKind`.
        static let tier = 3
        /// Two words: the bucket's length in ms; or a rate's permits and its period in ns.
        static let figures = 4
        static let content = 6

        /// Words from one entry to the next.
        static func stride(ring: Int) -> Int { (content + ring + 7) / 8 * 8 }
    }

    /// The content of a scope's entry, each word sealed.
    enum Scope {
        /// Three words each, see `StateStop`.
        static let stop = 0
        static let ban = 3
        /// Three words: until, since (moments), failed probes. The first is 0 while the circuit is CLOSED.
        static let circuit = 6
        static let words = 9
    }
}

/// What a region is.
enum RegionState: UInt64 {
    /// Being filled: what it is to replace still counts.
    case filling = 0
    /// In use.
    case live = 1
    /// Replaced or dropped.
    case void = 2
}

/// What an entry's content is.
enum EntryKind: UInt64 {
    /// A ring of `StateBucket`s.
    case units = 1
    /// The moment at which a debt is paid.
    case debt = 2
    /// The moment of the last attempt.
    case last = 3
    /// A scope's stops and circuit.
    case scope = 4
    /// Nothing.
    case nothing = 5
}

/// How the use of one tier of a limit, or of a limit without tiers, is written.
struct EntryShape: Equatable {
    /// Slots of a limit's ring, and of a key's: the trade between size and how finely moments are told apart.
    static let limitRing = 64
    static let keyRing = 16
    /// Content words of an entry that needs one only; so that it fills a cache line.
    private static let singleRing = 2

    let kind: EntryKind
    let tierWord: UInt64
    let figures: (UInt64, UInt64)

    init(tier: String?, memory: LimitMemory, ring: Int) {
        switch memory {
        case .units(let span):
            kind = .units
            // One slot is for the bucket that is under way.
            let parts = Int64(max(1, ring - 1))
            let length = span.nanoseconds / 1_000_000 / parts + 1
            figures = (UInt64(max(1, length)), 0)
        case .debt(let rate):
            kind = .debt
            figures = (UInt64(max(1, rate.permits)), UInt64(max(1, rate.period.nanoseconds)))
        case .last:
            kind = .last
            figures = (0, 0)
        case .nothing:
            kind = .nothing
            figures = (0, 0)
        }
        tierWord = Self.tierWord(tier, kind)
    }

    /// The shape of a scope's entry.
    static let scope = EntryShape()

    private init() {
        kind = .scope
        tierWord = Self.tierWord(nil, .scope)
        figures = (0, 0)
    }

    /// What stands for a tier of that name whose use is of that kind.
    static func tierWord(_ tier: String?, _ kind: EntryKind) -> UInt64 {
        LimitIdentity.tier(tier) & ~0xf | kind.rawValue
    }

    /// Content words that the entries of a limit need.
    static func ring(_ memories: [LimitMemory], isKeyed: Bool) -> Int {
        let countsUnits = memories.contains { if case .units = $0 { true } else { false } }
        return countsUnits ? (isKeyed ? keyRing : limitRing) : singleRing
    }

    static func == (left: EntryShape, right: EntryShape) -> Bool {
        left.tierWord == right.tierWord && left.figures == right.figures
    }
}
