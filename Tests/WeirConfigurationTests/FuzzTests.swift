import Testing
import WeirConfiguration
import WeirCore

@Suite("Mutated configurations")
struct FuzzTests {
    /// In all batches together: 10⁴ texts.
    private static let batches: UInt64 = 20
    private static let textsPerBatch = 500

    private static let scraps = Array("*&:{}[]-?!,#'\"\n\t \\%|>@`~$/.0éх\u{0}\u{85}\u{FEFF}\u{2028}".unicodeScalars)
    private static let words = [
        "null", "off", "false", "0", "-1", "1.5", "99999999999999999999", "5s", "8/s", "${A}", "${B}", "[]", "{}",
        "[1, 2]", "{ a: b }", "*a", "&a x", "", "~", "0s", "87600h", "header:X", "client_ip", "bybit", "shared", "\"\"",
        "spacing", "concurrency", "unix:/x", "https://x", "127.0.0.1:1", "name", "limits", "endpoints", "other",
    ]

    /// Signs put in, taken out, doubled and swapped: mostly no YAML any more.
    private func scrambled(_ sample: String, _ dice: inout SeededGenerator) -> String {
        var text = Array(sample.unicodeScalars)
        for _ in 0..<Int.random(in: 1...8, using: &dice) {
            let place = Int.random(in: 0..<text.count, using: &dice)
            let end = min(text.count, place + Int.random(in: 0...12, using: &dice))
            switch Int.random(in: 0..<5, using: &dice) {
            case 0: text[place] = Self.scraps[Int.random(in: 0..<Self.scraps.count, using: &dice)]
            case 1: text.insert(Self.scraps[Int.random(in: 0..<Self.scraps.count, using: &dice)], at: place)
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
    private func reworded(_ sample: String, _ dice: inout SeededGenerator) -> String {
        var text = sample
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            let words = text.matches(of: /[A-Za-z0-9_.\/-]+/)
            guard !words.isEmpty else { break }
            let target = words[Int.random(in: 0..<words.count, using: &dice)].range
            let isOwn = Bool.random(using: &dice)
            let word =
                isOwn
                ? String(text[words[Int.random(in: 0..<words.count, using: &dice)].range])
                : Self.words[Int.random(in: 0..<Self.words.count, using: &dice)]
            text.replaceSubrange(target, with: word)
        }
        return text
    }

    @Test("None brings the reader down, and what is accepted can be written and read again", arguments: 0..<batches)
    func mutations(batch: UInt64) throws {
        var dice = SeededGenerator(seed: batch)
        let samples = try EffectiveTests.everything()
        var refused = 0
        for round in 0..<Self.textsPerBatch {
            let sample = samples[Int.random(in: 0..<samples.count, using: &dice)]
            let text = round.isMultiple(of: 2) ? scrambled(sample, &dice) : reworded(sample, &dice)
            let environment = ["A": "x", "B": "7"]
            switch ConfigurationLoader.parse(text, file: "weir.yaml", environment: environment) {
            case .failure(let error):
                refused += 1
                let found = error.problems.map(\.description)
                #expect(!found.isEmpty)
                #expect(found.allSatisfy { $0.hasPrefix("weir.yaml") && !$0.contains("\n") }, "seed \(batch)\n\(text)")
            case .success(let loaded):
                #expect(!loaded.settings.upstreams.isEmpty)
                guard !text.contains("${") else { continue }
                let again = problems(loaded.effectiveYAML)
                #expect(again == [], "seed \(batch)\n\(text)")
            }
        }
        #expect(refused > Self.textsPerBatch / 2)
        #expect(refused < Self.textsPerBatch)
    }
}
