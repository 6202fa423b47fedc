internal import WeirCore

/// The header of a state file that is to be made.
struct StateHeader {
    let boot: KeyDigest?
    let seed: KeySeed
    let spentAt: Instant?

    /// Writes it, its magic last.
    func write(to segment: MappedSegment, end: Int, wallOffset: TimeSpan, setBackAt: Instant? = nil) {
        let words = [
            StateLayout.magic, StateLayout.version, boot?.first ?? 0, boot?.second ?? 0, seed.first, seed.second,
            StateMoment.payload(spentAt),
        ]
        for (place, word) in words.enumerated().dropFirst() { segment.store(place, word) }
        segment.store(StateLayout.Header.check, StateWord.check(words))
        segment.store(StateLayout.Header.end, StateWord.seal(UInt64(end)))
        segment.store(StateLayout.Header.wallOffset, Self.word(wallOffset: wallOffset))
        segment.store(StateLayout.Header.setBackAt, StateWord.seal(StateMoment.payload(setBackAt)))
        segment.store(StateLayout.Header.magic, StateLayout.magic)
    }

    /// A wall offset as a sealed word, in microseconds.
    static func word(wallOffset: TimeSpan) -> UInt64 {
        StateWord.seal(UInt64(max(0, wallOffset.nanoseconds / 1000)))
    }

    /// The wall offset of such a word.
    static func wallOffset(_ word: UInt64) -> TimeSpan {
        TimeSpan(nanoseconds: Int64(clamping: StateWord.payload(word) &* 1000))
    }
}
