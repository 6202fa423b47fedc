/// A label's name and its value.
package struct LabelPair: Sendable {
    let name: String
    let value: String
}

/// The beginnings of a family's lines, `name{label="value"} `, one after the other in one buffer.
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

    func write(_ line: Int, into out: inout [UInt8]) {
        let start = line == 0 ? 0 : ends[line - 1]
        out.append(contentsOf: text[start..<ends[line]])
    }
}
