import Foundation
import Testing
import WeirConfiguration

@Suite("Examples")
struct ExamplesTests {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("Every example is accepted without a problem or a warning")
    func examples() throws {
        let folder = Self.root.appending(path: "examples")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }
        #expect(!files.isEmpty)
        for file in files {
            let loaded = try ConfigurationLoader.load(path: file.path, environment: [:]).get()
            #expect(loaded.warnings.isEmpty, "\(file.lastPathComponent)")
        }
    }

    @Test(
        "The configurations in the README and the guide are accepted",
        arguments: ["README.md", "docs/configuration.md"])
    func documentation(file: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: file), encoding: .utf8)
        let blocks = text.components(separatedBy: "```yaml\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
            .filter { $0.contains("upstreams:") }
        #expect(!blocks.isEmpty)
        for block in blocks {
            _ = try ConfigurationLoader.parse(block, file: file, environment: [:]).get()
        }
    }
}
