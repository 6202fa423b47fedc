import Foundation
import Testing
import WeirSidecar

/// The page that lists every metric.
@Suite("The metrics' page")
struct MetricReferenceTests {
    @Test("docs/metrics.md is what `weir reference metrics` prints")
    func fresh() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/metrics.md"), encoding: .utf8)
        #expect(page == MetricReference.markdown, "stale: run `make docs`")
    }

    @Test("Every metric of Weir is named once, with a help that ends as a sentence")
    func complete() {
        let all = MetricDefinition.all
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(all.allSatisfy { $0.name.hasPrefix("mm_") && $0.help.hasSuffix(".") })
    }
}
