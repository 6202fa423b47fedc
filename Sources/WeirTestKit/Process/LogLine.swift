import Foundation

/// A line of a log, read for its words and its `key=value` pairs, or, where it is a JSON object, for its members.
package struct LogLine: Sendable {
    /// The line.
    package let text: String

    /// This line.
    package init(_ text: String) {
        self.text = text
    }

    /// The value of the first pair of this key, without quotes; values have no blanks. `nil` when there is none.
    package subscript(key: String) -> String? {
        if text.hasPrefix("{") {
            let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return object?[key].map { "\($0)" }
        }
        for token in text.split(separator: " ") {
            guard let equals = token.firstIndex(of: "="), token[..<equals] == key else { continue }
            return token[token.index(after: equals)...].filter { $0 != "\"" }
        }
        return nil
    }

    /// Whether it has this word, set off by anything but letters and digits.
    package func hasWord(_ word: String) -> Bool {
        text.split { !$0.isLetter && !$0.isNumber }.contains { $0 == word }
    }
}
