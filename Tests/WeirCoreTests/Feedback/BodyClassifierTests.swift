import Testing
import WeirCore

@Suite("Body classifier")
struct BodyClassifierTests {
    private static let bybit = ClassifyRule(bodyContains: #""retCode":10006"#, as: .rateLimited)

    /// What a body means that comes in pieces of so many bytes.
    private func meaning(_ rules: [ClassifyRule], _ body: String, pieces: Int = .max) -> ClassifyRule.Meaning? {
        meaning(rules, Array(body.utf8), pieces: pieces)
    }

    private func meaning(_ rules: [ClassifyRule], _ body: [UInt8], pieces: Int = .max) -> ClassifyRule.Meaning? {
        var classifier = BodyClassifier(BodyRules(rules))
        var rest = body[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
            if classifier.feed(piece.span) { break }
        }
        return classifier.meaning
    }

    @Test("A body that holds the text means what the rule says")
    func finds() {
        #expect(meaning([Self.bybit], #"{"retCode":10006,"retMsg":"Too many visits!"}"#) == .rateLimited)
        #expect(meaning([Self.bybit], #"{"retCode":0}"#) == nil)
        #expect(meaning([Self.bybit], #"{"retCode":1000"#) == nil)
        #expect(meaning([Self.bybit], "") == nil)
        #expect(meaning([Self.bybit], #""retCode":10006"#) == .rateLimited)
        #expect(meaning([Self.bybit], #"{"RETCODE":10006}"#) == nil)
        #expect(meaning([], "anything") == nil)
    }

    @Test("It makes no difference how the body is cut", arguments: 1...20)
    func pieces(size: Int) {
        #expect(meaning([Self.bybit], #"{"a":"""retCode":1000"retCode":10006}"#, pieces: size) == .rateLimited)
    }

    @Test("A text that begins anew within itself is found")
    func overlaps() {
        for (text, body) in [("aab", "aaab"), ("abab", "aabab"), ("aabaaa", "aabaabaaa"), ("abcabd", "abcabcabd")] {
            #expect(meaning([ClassifyRule(bodyContains: text, as: .ban)], body) == .ban, "\(text) in \(body)")
            #expect(meaning([ClassifyRule(bodyContains: text, as: .ban)], String(body.dropLast())) == nil)
        }
    }

    @Test("Only the first 4096 bytes are looked at, the last of them included", arguments: [1, 7, 4096, 10_000])
    func reach(size: Int) {
        let text = Array(Self.bybit.bodyContains.utf8)
        let padding = [UInt8](repeating: 32, count: 4096 - text.count)
        #expect(meaning([Self.bybit], padding + text, pieces: size) == .rateLimited)
        #expect(meaning([Self.bybit], [32] + padding + text, pieces: size) == nil)
    }

    @Test("The first rule in the configured order counts, not the text that comes first")
    func order() {
        let rules = [ClassifyRule(bodyContains: "ban", as: .ban), ClassifyRule(bodyContains: "slow", as: .rateLimited)]
        for size in 1...9 {
            #expect(meaning(rules, "slow, ban", pieces: size) == .ban)
            #expect(meaning(rules, "ban, slow", pieces: size) == .ban)
            #expect(meaning(rules, "slow, bar", pieces: size) == .rateLimited)
        }
    }

    @Test("It is done as soon as nothing can change the answer")
    func done() {
        let rules = BodyRules([
            ClassifyRule(bodyContains: "ban", as: .ban), ClassifyRule(bodyContains: "slow", as: .rateLimited),
        ])
        var first = BodyClassifier(rules)
        #expect(!first.isDone)
        let isDone = first.feed(Array("ban".utf8).span)
        #expect(isDone && first.isDone)
        var second = BodyClassifier(rules)
        let isSecondDone = second.feed(Array("slow".utf8).span)
        #expect(!isSecondDone, "a ban may still come")
        #expect(second.meaning == .rateLimited)
        let isFull = second.feed([UInt8](repeating: 0, count: 4091).span)
        #expect(!isFull)
        let isOver = second.feed([UInt8](repeating: 0, count: 1).span)
        #expect(isOver)
        #expect(BodyClassifier(BodyRules([])).isDone)
    }

    @Test("An empty text is never found")
    func empty() {
        #expect(meaning([ClassifyRule(bodyContains: "", as: .ban)], "anything") == nil)
        let rules = [ClassifyRule(bodyContains: "", as: .ban), Self.bybit]
        #expect(meaning(rules, Self.bybit.bodyContains) == .rateLimited)
    }

    @Test("Agrees with a search of the whole body", arguments: 0..<20 as Range<UInt64>)
    func agreesWithReference(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func text(_ length: ClosedRange<Int>) -> String {
            String((0..<Int.random(in: length, using: &random)).map { _ in Bool.random(using: &random) ? "a" : "b" })
        }
        for _ in 0..<200 {
            let rules = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                ClassifyRule(
                    bodyContains: text(1...8), as: ClassifyRule.Meaning.allCases[Int.random(in: 0..<3, using: &random)])
            }
            let body = text(0...40)
            let expected = rules.first { body.contains($0.bodyContains) }?.meaning
            let found = meaning(rules, body, pieces: Int.random(in: 1...10, using: &random))
            #expect(found == expected, "seed \(seed): \(rules.map(\.bodyContains)) in \(body)")
        }
    }

    @Test("Only a plain JSON or text body of a 2xx is looked at")
    func applies() {
        let rules = BodyRules([Self.bybit])
        func applies(_ status: Int, _ type: String?, _ encoding: String? = nil) -> Bool {
            rules.apply(status: status, contentType: type, contentEncoding: encoding)
        }
        for type in [
            "application/json", "application/json; charset=utf-8", "Application/JSON;charset=utf-8", "text/plain",
            "text/html", "application/problem+json", "application/vnd.api+json ; a=b",
        ] {
            #expect(applies(200, type), "\(type)")
        }
        for type in ["application/octet-stream", "image/png", "application/jsonp", "application/grpc", "", "text"] {
            #expect(!applies(200, type), "\(type)")
        }
        #expect(!applies(200, nil))
        #expect(applies(299, "text/plain"))
        for status in [101, 199, 300, 304, 404, 429, 500] { #expect(!applies(status, "text/plain")) }
        #expect(applies(200, "text/plain", "identity") && applies(200, "text/plain", "Identity"))
        #expect(applies(200, "text/plain", ""))
        for encoding in ["gzip", "br", "deflate", "identity, gzip"] { #expect(!applies(200, "text/plain", encoding)) }
        #expect(!BodyRules([]).apply(status: 200, contentType: "text/plain", contentEncoding: nil))
    }
}
