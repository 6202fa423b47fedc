internal import WeirCore

/// What a key may hold, one method for each kind of scalar. Each answers nil, and notes a problem, for what it refuses.
extension Cursor {
    /// A duration of at least `least`.
    func duration(atLeast least: TimeSpan = .zero) -> TimeSpan? {
        read(DurationText.expected) { text throws(Mismatch) in
            let span = try DurationText.parse(text)
            guard span >= least else { throw Mismatch(expected: "a duration above 0") }
            return span
        }
    }

    /// A duration above 0.
    func positiveDuration() -> TimeSpan? {
        duration(atLeast: TimeSpan(nanoseconds: 1))
    }

    /// A whole number in `range`.
    func integer(_ range: ClosedRange<Int>) -> Int? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard isNumberUnquoted(expected) else { return nil }
        return read(expected) { text throws(Mismatch) in
            guard let digits = text.utf8.first, digits.isDigit, let number = Int(text), range.contains(number) else {
                throw Mismatch(expected: expected)
            }
            return number
        }
    }

    /// A decimal number that `isAllowed`, which `bounds` puts into words.
    func number(_ bounds: String, _ isAllowed: (Double) -> Bool) -> Double? {
        let expected = "a number \(bounds)"
        guard isNumberUnquoted(expected) else { return nil }
        return read(expected) { text throws(Mismatch) in
            let digits = text.utf8.filter { $0 != UInt8(ascii: ".") }
            guard !digits.isEmpty, digits.allSatisfy(\.isDigit), let number = Double(text), isAllowed(number)
            else {
                throw Mismatch(expected: expected)
            }
            return number
        }
    }

    /// A number in quotes is a text to every other reader of YAML, and to an editor that knows the schema. A reference
    /// to the environment may have to stand in quotes.
    private func isNumberUnquoted(_ expected: String) -> Bool {
        guard case .scalar(let text, isPlain: false) = node.content, text.utf8.first?.isDigit == true,
            !text.contains("${")
        else { return true }
        mismatch(expected + " without quotes")
        return false
    }

    /// `true` or `false`; `on` and `off` mean the same.
    func flag() -> Bool? {
        choice(["true": true, "false": false, "on": true, "off": false], expected: "true or false")
    }

    /// One of `values`.
    func choice<Value>(_ values: [String: Value], expected: String) -> Value? {
        guard let text = text(expected) else { return nil }
        if let value = values[text] { return value }
        mismatch(expected)
        return nil
    }

    /// The name of an upstream, an endpoint or a limit.
    func name() -> String? {
        let expected = "a name of 1 to 64 of a-z, 0-9, _ and -"
        return read(expected) { text throws(Mismatch) in
            let isName = text.utf8.allSatisfy {
                $0.isDigit || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
            guard isName, (1...64).contains(text.utf8.count) else { throw Mismatch(expected: expected) }
            return text
        }
    }

    /// The path of a file.
    func filePath() -> String? {
        let expected = "the path of a file"
        return read(expected) { text throws(Mismatch) in
            guard !text.isEmpty, !text.utf8.contains(0) else { throw Mismatch(expected: expected) }
            return text
        }
    }
}
