/// Cuts a stream of bytes into lines of text.
struct LineSplitter: Sendable {
    private var partial: [UInt8] = []

    /// The lines that end in `bytes`, without their line ends.
    mutating func feed(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(String(decoding: partial, as: UTF8.self))
                partial.removeAll(keepingCapacity: true)
            } else {
                partial.append(byte)
            }
        }
        return lines
    }

    /// What came after the last line end; `nil` when nothing did.
    mutating func finish() -> String? {
        defer { partial = [] }
        return partial.isEmpty ? nil : String(decoding: partial, as: UTF8.self)
    }
}
