/// Scans the field lines of a head, in one pass that can stop at any byte and go on later.
///
/// All offsets count from the start of the head.
struct FieldScanner: Sendable {
    private enum Phase: Sendable {
        case lineStart, name, blank, value, valueLF, endLF
    }

    private let maxFields: Int
    private(set) var entries: [FieldEntry] = []
    private(set) var present: KnownFieldSet = []
    private(set) var meaning: FieldMeaning
    private var phase = Phase.lineStart
    private var nameStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    private var valueEnd = 0
    private var known = KnownField.other

    init(isRequest: Bool, maxFields: Int) {
        self.maxFields = maxFields
        meaning = FieldMeaning(isRequest: isRequest)
    }

    /// Makes ready for the next head, keeping the index's memory if no head still uses it.
    mutating func reset() {
        entries.removeAll(keepingCapacity: true)
        present = []
        meaning = FieldMeaning(isRequest: meaning.isRequest)
        phase = .lineStart
    }

    /// Scans from `place` to `end` at most and moves `place` past what it took.
    ///
    /// - Returns: whether the head's end was reached.
    mutating func scan(_ bytes: Span<UInt8>, from place: inout Int, to end: Int) throws(HTTPDefect) -> Bool {
        while place < end {
            // A whole line falls through from case to case; the switch is for going on where bytes ran out.
            switch phase {
            case .lineStart:
                guard bytes[place] != ASCII.cr else {
                    place &+= 1
                    phase = .endLF
                    continue
                }
                guard entries.count < maxFields else { throw .tooManyFields }
                nameStart = place
                phase = .name
                fallthrough
            case .name:
                try scanName(bytes, from: &place, to: end)
                guard place < end else { return false }
                fallthrough
            case .blank:
                while place < end, ASCII.isBlank(bytes[place]) { place &+= 1 }
                guard place < end else { return false }
                valueStart = place
                phase = .value
                fallthrough
            case .value:
                place = bytes.endOfFieldBytes(from: place, to: end)
                guard place < end else { return false }
                guard bytes[place] == ASCII.cr else { throw Self.defect(inValueAt: bytes[place]) }
                valueEnd = place
                place &+= 1
                phase = .valueLF
                guard place < end else { return false }
                fallthrough
            case .valueLF:
                guard bytes[place] == ASCII.lf else { throw .malformed("a field line has a bare CR") }
                place &+= 1
                try finishLine(bytes)
                phase = .lineStart
            case .endLF:
                guard bytes[place] == ASCII.lf else { throw .malformed("the head has a bare CR") }
                place &+= 1
                markNominated(bytes)
                return true
            }
        }
        return false
    }

    @inline(__always)
    private mutating func scanName(
        _ bytes: Span<UInt8>, from place: inout Int, to end: Int
    ) throws(HTTPDefect) {
        let here = bytes.endOfToken(from: place, to: end)
        place = here
        guard here < end else { return }
        guard bytes[here] == ASCII.colon, here > nameStart else {
            throw Self.defect(inNameAt: bytes[here], isFirst: here == nameStart)
        }
        nameEnd = here
        known = KnownField(bytes, in: nameStart..<here)
        place = here &+ 1
        phase = .blank
    }

    @inline(__always)
    private mutating func finishLine(_ bytes: Span<UInt8>) throws(HTTPDefect) {
        var trimmed = valueEnd
        while trimmed > valueStart, ASCII.isBlank(bytes[trimmed &- 1]) { trimmed &-= 1 }
        let isCanonical =
            trimmed == valueEnd && valueStart == nameEnd &+ 2 && bytes[nameEnd &+ 1] == ASCII.space
        entries.append(
            FieldEntry(
                nameStart: UInt32(truncatingIfNeeded: nameStart), nameEnd: UInt32(truncatingIfNeeded: nameEnd),
                valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: trimmed),
                known: known, isCanonical: isCanonical))
        guard known != .other else { return }
        present.insert(known)
        try meaning.note(known, bytes, value: valueStart..<trimmed)
    }

    /// Marks the fields that `Connection` names. Bounded: few names can be listed, and few fields.
    private mutating func markNominated(_ bytes: Span<UInt8>) {
        guard meaning.nominations > 0 else { return }
        for connection in entries where connection.known == .connection {
            var options = ConnectionOptions(connection.value)
            while let option = options.next(bytes) {
                for index in entries.indices where bytes.equalIgnoringCase(entries[index].name, option.range) {
                    entries[index].isNominated = true
                }
            }
        }
    }

    private static func defect(inNameAt byte: UInt8, isFirst: Bool) -> HTTPDefect {
        switch byte {
        case ASCII.space, ASCII.tab:
            .malformed(isFirst ? "a field line is folded" : "white space before the colon of a field")
        case ASCII.colon: .malformed("a field has no name")
        case ASCII.lf: .malformed("a line ends in a bare LF")
        default: .malformed("a field name is not a token")
        }
    }

    private static func defect(inValueAt byte: UInt8) -> HTTPDefect {
        .malformed(byte == ASCII.lf ? "a line ends in a bare LF" : "a field value has a control character")
    }
}
