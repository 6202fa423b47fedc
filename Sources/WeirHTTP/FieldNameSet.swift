import NIOCore

/// A few field names, to find out cheaply that a head has none of them.
package struct FieldNameSet: Sendable {
    /// One bit for each length of a name, and for each first letter.
    private let lengths: UInt64
    private let letters: UInt32

    /// The names, in any letter case. One of 64 bytes or more is never found.
    package init(_ names: [String]) {
        var lengths: UInt64 = 0
        var letters: UInt32 = 0
        for name in names {
            guard name.utf8.count < 64, let first = name.utf8.first else { continue }
            lengths |= 1 << UInt64(name.utf8.count)
            letters |= 1 << UInt32(first & 31)
        }
        self.lengths = lengths
        self.letters = letters
    }

    fileprivate func mayHold(length: Int, first: UInt8) -> Bool {
        length < 64 && lengths &>> UInt64(length) & 1 != 0 && letters &>> UInt32(first & 31) & 1 != 0
    }
}

extension ResponseHead {
    /// Whether one of `names` may be there; false is certain.
    package func mayContain(_ names: FieldNameSet) -> Bool {
        let span = fields.bytes.readableBytesUInt8Span
        for entry in fields.entries where names.mayHold(length: entry.name.count, first: span[Int(entry.nameStart)]) {
            return true
        }
        return false
    }
}
