import Testing
import WeirConfiguration
import WeirCore
import WeirTestKit

@Suite("Mutated configurations")
struct FuzzTests {
    /// In all batches together: 10⁴ texts.
    private static let batches: UInt64 = 20
    private static let textsPerBatch = 500

    @Test("None brings the reader down, and what is accepted can be written and read again", arguments: 0..<batches)
    func mutations(batch: UInt64) throws {
        var dice = SeededGenerator(seed: batch)
        let samples = try EffectiveTests.everything()
        var refused = 0
        for round in 0..<Self.textsPerBatch {
            let sample = samples[Int.random(in: 0..<samples.count, using: &dice)]
            let text = round.isMultiple(of: 2) ? Mutation.scrambled(sample, &dice) : Mutation.reworded(sample, &dice)
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
