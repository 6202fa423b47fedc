/// Changes of a text by dice: what people, editors and templates make of a configuration.
package enum Mutation {
    private static let scraps = Array("*&:{}[]-?!,#'\"\n\t \\%|>@`~$/.0éх\u{0}\u{85}\u{FEFF}\u{2028}".unicodeScalars)
    private static let words = [
        "null", "off", "false", "0", "-1", "1.5", "99999999999999999999", "5s", "8/s", "${A}", "${B}", "[]", "{}",
        "[1, 2]", "{ a: b }", "*a", "&a x", "", "~", "0s", "87600h", "header:X", "client_ip", "bybit", "shared", "\"\"",
        "spacing", "concurrency", "unix:/x", "https://x", "127.0.0.1:1", "name", "limits", "endpoints", "other",
    ]

    /// Signs put in, taken out, doubled and swapped: mostly no YAML any more.
    package static func scrambled(_ sample: String, _ dice: inout some RandomNumberGenerator) -> String {
        var text = Array(sample.unicodeScalars)
        for _ in 0..<Int.random(in: 1...8, using: &dice) {
            let place = Int.random(in: 0..<text.count, using: &dice)
            let end = min(text.count, place + Int.random(in: 0...12, using: &dice))
            switch Int.random(in: 0..<5, using: &dice) {
            case 0: text[place] = scraps[Int.random(in: 0..<scraps.count, using: &dice)]
            case 1: text.insert(scraps[Int.random(in: 0..<scraps.count, using: &dice)], at: place)
            case 2 where text.count > 100: text.removeSubrange(place..<end)
            case 3: text.insert(contentsOf: text[place..<end], at: Int.random(in: 0..<text.count, using: &dice))
            default: text.swapAt(place, Int.random(in: 0..<text.count, using: &dice))
            }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        return String(view)
    }

    /// Whole words exchanged: mostly still YAML, and sometimes still a configuration.
    package static func reworded(_ sample: String, _ dice: inout some RandomNumberGenerator) -> String {
        var text = sample
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            let found = text.matches(of: /[A-Za-z0-9_.\/-]+/)
            guard !found.isEmpty else { break }
            let target = found[Int.random(in: 0..<found.count, using: &dice)].range
            let isOwn = Bool.random(using: &dice)
            let word =
                isOwn
                ? String(text[found[Int.random(in: 0..<found.count, using: &dice)].range])
                : words[Int.random(in: 0..<words.count, using: &dice)]
            text.replaceSubrange(target, with: word)
        }
        return text
    }
}
