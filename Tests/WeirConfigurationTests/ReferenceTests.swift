import Foundation
import Testing
import WeirConfiguration
import WeirTestKit

@Suite("The reference")
struct ReferenceTests {
    @Test("docs/configuration.md is what the keys say (make docs writes it)")
    func fresh() throws {
        let path = ExampleFiles.root.appending(path: "docs/configuration.md")
        let written = try String(contentsOf: path, encoding: .utf8)
        #expect(written == ConfigurationReference.markdown, "stale: run make docs")
    }

    @Test("It shows the defaults and links only to what it has")
    func content() {
        let text = ConfigurationReference.markdown
        #expect(text.contains("| `max_wait` | duration | `10s` |"))
        #expect(text.contains("| `statuses` | list of: 400…599 | `[429, 500, 502, 503, 504]` |"))
        #expect(text.contains("| `bybit` | Bybit V5"))
        let targets = text.matches(of: /\]\(#([a-z_]+)\)/).map { String($0.1) }
        #expect(targets.count > 20)
        for target in Set(targets) { #expect(text.contains("\n## \(target)\n"), "\(target)") }
    }
}
