import NIOCore

/// One field line by its offsets in the head.
struct FieldEntry: Sendable {
    let nameStart: UInt32
    let nameEnd: UInt32
    let valueStart: UInt32
    let valueEnd: UInt32
    let known: KnownField
    /// The line reads `name: value` CR LF with exactly one space, so its bytes may be relayed as they are.
    let isCanonical: Bool
    /// Named by a `Connection` field: for this hop only.
    var isNominated = false

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
    /// The whole line with its CR LF. For canonical lines only.
    var line: Range<Int> { Int(nameStart)..<Int(valueEnd) &+ 2 }
}

/// The bytes of a head and the index of its fields.
///
/// The bytes are one slice of what was read. A value is read out of them only when asked for.
package struct HeadFields: Sendable {
    /// The head from its start line to its empty line; its reader index is 0.
    let bytes: ByteBuffer
    let entries: [FieldEntry]
    let present: KnownFieldSet

    /// How many field lines there are.
    package var count: Int { entries.count }

    /// Whether there is a field of this kind.
    package func contains(_ known: KnownField) -> Bool {
        present.contains(known)
    }

    /// The first value of a kind, without the white space around it; nil when absent. Bytes that are not
    /// UTF-8 are replaced.
    package func first(_ known: KnownField) -> String? {
        entry(known).map { string($0.value) }
    }

    /// The first value of the field called `name`, letter case aside; nil when absent.
    package func first(named name: String) -> String? {
        let span = bytes.readableBytesUInt8Span
        return entries.first { span.equalIgnoringCase($0.name, name.utf8) }.map { string($0.value) }
    }

    /// Where the first value of a field lies; nil when absent, which costs one bit test for a known one.
    func first(_ name: FieldName) -> Range<Int>? {
        guard name.known == .other || present.contains(name.known) else { return nil }
        let span = bytes.readableBytesUInt8Span
        return entries.first { $0.known == name.known && span.equalIgnoringCase($0.name, name.bytes) }?.value
    }

    func entry(_ known: KnownField) -> FieldEntry? {
        guard present.contains(known) else { return nil }
        return entries.first { $0.known == known }
    }

    func string(_ range: Range<Int>) -> String {
        bytes.getString(at: range.lowerBound, length: range.count) ?? ""
    }
}
