/// The rules of `feedback.classify`, made ready once for all answers.
package struct BodyRules: Sendable {
    /// One text to find, and where to go on after each of its bytes that did not lead on (Knuth, Morris and Pratt).
    struct Pattern: Sendable {
        let bytes: [UInt8]
        let fallback: [Int]
        let meaning: ClassifyRule.Meaning
    }

    let patterns: [Pattern]

    /// Whether there is nothing to look for.
    package var isEmpty: Bool { patterns.isEmpty }

    /// Rules in the order in which they count. An empty text is never found.
    package init(_ rules: [ClassifyRule]) {
        patterns = rules.filter { !$0.bodyContains.isEmpty }.map {
            let bytes = Array($0.bodyContains.utf8)
            return Pattern(bytes: bytes, fallback: Self.fallback(bytes), meaning: $0.meaning)
        }
    }

    /// Whether the body of an answer is looked at: 2xx, JSON or text, and not compressed (what a compressed body holds
    /// cannot be seen; set `Accept-Encoding: identity` in `request_headers` where a provider must be classified).
    package func apply(status: Int, contentType: String?, contentEncoding: String?) -> Bool {
        guard !patterns.isEmpty, (200...299).contains(status), let contentType else { return false }
        let encoding = contentEncoding?.lowercased() ?? "identity"
        guard encoding.isEmpty || encoding == "identity" else { return false }
        let type = contentType.prefix { $0 != ";" && $0 != " " && $0 != "\t" }.lowercased()
        return type.hasPrefix("text/") || type == "application/json" || type.hasSuffix("+json")
    }

    /// For each length matched, the length of the longest proper start of the pattern that it ends in.
    private static func fallback(_ bytes: [UInt8]) -> [Int] {
        var fallback = [Int](repeating: 0, count: bytes.count)
        var length = 0
        for place in bytes.indices.dropFirst() {
            while length > 0, bytes[place] != bytes[length] { length = fallback[length - 1] }
            if bytes[place] == bytes[length] { length += 1 }
            fallback[place] = length
        }
        return fallback
    }
}

/// Looks for the rules' texts in the first 4 KiB of one body as it passes; holds none of it.
///
/// The first rule in the configured order that is found anywhere there counts, not the one that is found first; so
/// how the body is cut into pieces makes no difference. It is told as soon as it is certain: when no rule before it
/// can still be found.
package struct BodyClassifier: Sendable {
    /// Bytes of a body that are looked at.
    package static let reach = 4096

    private let rules: BodyRules
    private var matched: [Int]
    private var looked = 0
    /// Rules before this one may still be found; it is found itself, if it is one.
    private var best: Int

    /// At the start of a body.
    package init(_ rules: BodyRules) {
        self.rules = rules
        best = rules.patterns.count
        matched = Array(repeating: 0, count: best)
    }

    /// Whether nothing that follows can change the answer.
    package var isDone: Bool { best == 0 || looked == Self.reach }

    /// What the body means, as far as it is known: certain once `isDone`, or at the body's end.
    package var meaning: ClassifyRule.Meaning? {
        best < rules.patterns.count ? rules.patterns[best].meaning : nil
    }

    /// The next piece of the body. Returns `isDone`.
    package mutating func feed(_ bytes: Span<UInt8>) -> Bool {
        let count = min(bytes.count, Self.reach - looked)
        for rule in 0..<best where find(rule, in: bytes, count) {
            // What comes after it in the order does not matter any more.
            best = rule
            break
        }
        looked += count
        return isDone
    }

    private mutating func find(_ rule: Int, in bytes: Span<UInt8>, _ count: Int) -> Bool {
        let text = rules.patterns[rule].bytes
        let fallback = rules.patterns[rule].fallback
        let first = text[0]
        var length = matched[rule]
        for place in 0..<count {
            let byte = bytes[place]
            // Most bytes are of no interest: they neither begin the text nor go on with it.
            if length == 0, byte != first { continue }
            while length > 0, byte != text[length] { length = fallback[length - 1] }
            if byte == text[length] { length += 1 }
            if length == text.count { return true }
        }
        matched[rule] = length
        return false
    }
}
