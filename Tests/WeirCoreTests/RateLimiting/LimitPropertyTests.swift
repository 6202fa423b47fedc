import Testing
import WeirCore

@Suite("Limits against a reference that keeps every stamp")
struct LimitPropertyTests {
    /// Operations over all walks.
    static let operations = Extent.of(1_000_000)
    static let seeds = 8 as UInt64

    @Test(
        "Never admits more than promised, never loses capacity, admits as early as the promise allows",
        arguments: LimitWalk.Kind.allCases, 0..<seeds as Range<UInt64>)
    func agreesWithReference(kind: LimitWalk.Kind, seed: UInt64) {
        let steps = Self.operations / LimitWalk.Kind.allCases.count / Int(Self.seeds)
        var walk = LimitWalk(kind, seed: seed)
        if let difference = walk.run(steps: steps) {
            Issue.record("\(difference)")
            return
        }
        #expect(walk.admitted > steps / 50, "seed \(seed): hardly anything was admitted")
        #expect(walk.refused > steps / 50, "seed \(seed): hardly anything had to wait")
        #expect(walk.refunded > steps / 200, "seed \(seed): hardly anything was given back")
    }
}
