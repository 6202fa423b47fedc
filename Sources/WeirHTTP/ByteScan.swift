/// Scans and comparisons over the bytes of a head: the innermost loops, which go without bounds checks.
///
/// Every place that a caller gives lies within the span; every end is cut to it.
extension Span<UInt8> {
    /// The first place in `start..<end` whose byte may not stand in a field value, or `end`.
    @inline(__always)
    func endOfFieldBytes(from start: Int, to end: Int) -> Int {
        let end = Swift.min(end, count)
        var place = start
        while place &+ 8 <= end {
            let word = unsafe word(uncheckedAt: place)
            let hits = word.below(ASCII.space) | word.equal(to: ASCII.delete)
            place &+= ByteWord.first(hits)
            guard hits != 0 else { continue }
            guard unsafe self[unchecked: place] == ASCII.tab else { return place }
            place &+= 1
        }
        while place < end, unsafe ASCII.isFieldByte(self[unchecked: place]) { place &+= 1 }
        return place
    }

    /// The first place in `start..<end` whose byte may not stand in a token, or `end`.
    @inline(__always)
    func endOfToken(from start: Int, to end: Int) -> Int {
        let end = Swift.min(end, count)
        var place = start
        while place &+ 8 <= end {
            let word = unsafe word(uncheckedAt: place)
            let hits = word.beyondASCII == 0 ? word.otherThanNameBytes : ByteWord.tops
            place &+= ByteWord.first(hits)
            guard hits != 0 else { continue }
            // The rarer characters of a token, one by one.
            guard unsafe ASCII.isToken(self[unchecked: place]) else { return place }
            place &+= 1
        }
        while place < end, unsafe ASCII.isToken(self[unchecked: place]) { place &+= 1 }
        return place
    }

    /// The first place in `start..<end` whose byte may not stand in a request target, or is a `?`, or `end`.
    @inline(__always)
    func endOfTargetBytes(from start: Int, to end: Int, stopsAtQuestionMark: Bool) -> Int {
        let end = Swift.min(end, count)
        let mark = stopsAtQuestionMark ? ASCII.questionMark : ASCII.space
        var place = start
        while place &+ 8 <= end {
            let word = unsafe word(uncheckedAt: place)
            let hits =
                word.below(ASCII.space + 1) | word.equal(to: ASCII.delete) | word.beyondASCII
                | word.equal(to: ASCII.numberSign) | word.equal(to: mark)
            guard hits == 0 else { return place &+ ByteWord.first(hits) }
            place &+= 8
        }
        while place < end, unsafe ASCII.isTargetByte(self[unchecked: place]), unsafe self[unchecked: place] != mark {
            place &+= 1
        }
        return place
    }

    /// The eight bytes at `place`; nil where there are fewer before `end`.
    @inline(__always)
    func word(at place: Int, before end: Int) -> ByteWord? {
        guard place >= 0, place &+ 8 <= Swift.min(end, count) else { return nil }
        return unsafe word(uncheckedAt: place)
    }

    @unsafe @inline(__always)
    private func word(uncheckedAt place: Int) -> ByteWord {
        let loaded = unsafe self.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self)
        return ByteWord(bits: UInt64(littleEndian: loaded))
    }

    /// Whether the bytes at `start`, 0 or more, are `text`, letter case aside; false where fewer are left. `text` is
    /// lower case and holds no `~`, and the bytes are token or target bytes.
    @inline(__always)
    func matches(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start <= count &- length else { return false }
        // Setting 0x20 lowers letters and leaves digits, `-`, `/` and `:` as they are.
        let lowering = ByteWord.ones &* 0x20
        var offset = 0
        while offset &+ 8 <= length {
            let wanted = unsafe UnsafeRawPointer(text.utf8Start + offset).loadUnaligned(as: UInt64.self)
            let word = unsafe word(uncheckedAt: start &+ offset)
            guard word.bits | lowering == UInt64(littleEndian: wanted) else { return false }
            offset &+= 8
        }
        while offset < length {
            guard unsafe self[unchecked: start &+ offset] | 0x20 == text.utf8Start[offset] else { return false }
            offset &+= 1
        }
        return true
    }

    /// Whether the bytes of `range` are exactly `text`, letter case aside; `text` is lower case.
    @inline(__always)
    func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
        range.count == text.utf8CodeUnitCount && matches(text, at: range.lowerBound)
    }

    /// Whether two ranges hold the same bytes, letter case aside.
    func equalIgnoringCase(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        let distance = right.lowerBound &- left.lowerBound
        for place in left where ASCII.lowercased(self[place]) != ASCII.lowercased(self[place &+ distance]) {
            return false
        }
        return true
    }

    /// Whether `range` holds `name`, letter case aside.
    func equalIgnoringCase(_ range: Range<Int>, _ name: some Collection<UInt8>) -> Bool {
        guard range.count == name.count else { return false }
        var place = range.lowerBound
        for byte in name {
            guard ASCII.lowercased(self[place]) == ASCII.lowercased(byte) else { return false }
            place &+= 1
        }
        return true
    }
}
