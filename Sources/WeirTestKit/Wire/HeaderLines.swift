/// The header lines of a message as they came, in order and spelled as on the wire.
package struct HeaderLines: Sendable, Equatable {
    /// Each line without its line end.
    package let lines: [String]

    /// These lines.
    package init(_ lines: [String] = []) {
        self.lines = lines
    }

    /// Names (lower case) and values (trimmed) in order. A line without a colon has an empty value.
    package var fields: [(name: String, value: String)] {
        lines.map { line in
            let name = line.prefix { $0 != ":" }
            let value = line.dropFirst(name.count + 1).trimmingBlanks()
            return (name.lowercased(), String(value))
        }
    }

    /// The value of the first field of this name, in any case.
    package subscript(name: String) -> String? { all(name).first }

    /// The values of all fields of this name, in any case.
    package func all(_ name: String) -> [String] {
        fields.filter { $0.name == name.lowercased() }.map(\.value)
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" {
            rest.removeLast()
        }
        return rest
    }
}
