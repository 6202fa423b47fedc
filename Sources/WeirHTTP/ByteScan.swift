/// Scans and comparisons over the bytes of a head.
extension Span<UInt8> {
    /// The first place in `start..<end` whose byte may not stand in a field value, or `end`.
    ///
    /// Looks at eight bytes at once: the usual tests for "a byte below n" and "a byte equal to n" in a
    /// word, whose lowest hit is exact (carries only disturb the bytes above it).
    @inline(__always)
    func endOfFieldBytes(from start: Int, to end: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let raw = unsafe self.bytes
        var place = start
        while place &+ 8 <= end {
            let loaded = unsafe raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
            let word = UInt64(littleEndian: loaded)
            let deletes = word ^ (ones &* UInt64(ASCII.delete))
            let hits = ((word &- ones &* 0x20) & ~word | (deletes &- ones) & ~deletes) & tops
            guard hits != 0 else {
                place &+= 8
                continue
            }
            place &+= hits.trailingZeroBitCount &>> 3
            guard self[place] == ASCII.tab else { return place }
            place &+= 1
        }
        while place < end, ASCII.isFieldByte(self[place]) { place &+= 1 }
        return place
    }

    /// Whether the bytes at `start` are `text`, letter case aside. `text` is lower case, holds no `~`, and the
    /// bytes are token or target bytes that reach at least as far as `text` does.
    @inline(__always)
    func matches(_ text: StaticString, at start: Int) -> Bool {
        for offset in 0..<text.utf8CodeUnitCount {
            // Setting 0x20 lowers letters and leaves digits, `-`, `/` and `:` as they are.
            guard unsafe self[start &+ offset] | 0x20 == text.utf8Start[offset] else { return false }
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

    /// Whether `range` holds `name`, given in lower case, letter case aside.
    func equalIgnoringCase(_ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for offset in name.indices where ASCII.lowercased(self[range.lowerBound &+ offset]) != name[offset] {
            return false
        }
        return true
    }
}
