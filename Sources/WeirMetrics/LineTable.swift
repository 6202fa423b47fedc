/// A label's name and its value.
package struct LabelPair: Sendable {
    let name: String
    let value: String
}

/// The beginnings of lines, `name{label="value"} `, one after the other in one buffer.
package struct LineTable: Sendable {
    private var text: [UInt8] = []
    /// Where each line ends in `text`.
    private var ends: [Int] = []

    init() {}

    var count: Int { ends.count }

    mutating func append(name: String, labels: [LabelPair]) {
        text.append(contentsOf: name.utf8)
        var separator = UInt8(ascii: "{")
        for label in labels {
            text.append(separator)
            text.append(contentsOf: label.name.utf8)
            text.append(contentsOf: "=\"".utf8)
            text.appendEscaped(label.value, quotes: true)
            text.append(UInt8(ascii: "\""))
            separator = UInt8(ascii: ",")
        }
        if !labels.isEmpty {
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: " "))
        ends.append(text.count)
    }

    /// Appends some lines of another table.
    mutating func append(_ other: LineTable, from first: Int, count: Int) {
        for line in first..<first + count {
            text.append(contentsOf: other.text[other.range(of: line)])
            ends.append(text.count)
        }
    }

    func write(_ line: Int, into out: inout [UInt8]) {
        out.append(contentsOf: text[range(of: line)])
    }

    private func range(of line: Int) -> Range<Int> {
        (line == 0 ? 0 : ends[line - 1])..<ends[line]
    }
}
