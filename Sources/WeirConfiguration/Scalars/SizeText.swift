/// Numbers of bytes: `0`, `512B`, `64KiB`, `1MiB`.
enum SizeText {
    static let expected = "a size such as 512B, 64KiB or 1MiB"

    /// The largest size that can be written: 16 MiB. What is larger is a slip.
    static let largest = 16 << 20

    private static let units: [(name: String, bytes: Int)] = [("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

    /// A whole number with its unit, up to `largest`.
    static func parse(_ text: String) throws(Mismatch) -> Int {
        if text == "0" { return 0 }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { throw Mismatch(expected: expected) }
        let name = text[digits.endIndex...]
        guard !name.isEmpty else { throw Mismatch(expected: expected + " (a number needs a unit: B, KiB or MiB)") }
        guard let unit = units.first(where: { $0.name == name }) else { throw Mismatch(expected: expected) }
        guard let count = Int(digits), count <= largest / unit.bytes else {
            throw Mismatch(expected: "a size of at most 16MiB")
        }
        return count * unit.bytes
    }

    /// As it is written, in the largest unit that holds it exactly.
    static func text(_ bytes: Int) -> String {
        let unit = bytes == 0 ? nil : units.first { bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "0"
    }
}
