import Foundation
import Testing
import WeirConfiguration
import WeirTestKit

@Suite("The JSON Schema")
struct SchemaTests {
    /// What only a whole file tells: phrases of the problems that a schema cannot have.
    private static let beyondSchemas = [
        "a name of its own", "a name that no limit of the whole upstream has", "can ever admit", "is the address of",
        "is also the address of", "is also a host of", "this host is given twice", "is given twice",
        "fail_threshold, failure_ratio or both", "max_cooldown to be at least", "max_delay to be at least",
        "margin to be less than half", "high to begin no earlier", "the name of one of the tiers",
        "here or in the limit itself", "the name of a limit", "needs the section shared",
        "in match.path of this endpoint",
        "it must be the last", "it has no match",
    ]

    private static let mutations = 1000

    private struct Verdict: Decodable {
        let text: String
        let problem: String?
    }

    /// The schema's verdict over examples, presets and the sample, and over mutations of them.
    private func judge(mutations: Int) throws -> [Verdict] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let schema = folder.appending(path: "schema.json")
        try Data(ConfigurationSchema.json.utf8).write(to: schema)
        var files: [String] = []
        for (index, text) in try EffectiveTests.everything().enumerated() {
            let loaded = try ConfigurationLoader.parse(text, file: "a.yaml", environment: [:]).get()
            for (suffix, form) in [("yaml", text), ("json", loaded.effectiveJSON)] {
                let file = folder.appending(path: "\(index).\(suffix)")
                try Data(form.utf8).write(to: file)
                files.append(file.path)
            }
        }
        let script = ExampleFiles.root.appending(path: "scripts/schema_judge.py").path
        let output = try run(Self.python(), [script, schema.path, String(mutations)] + files)
        return try output.split(separator: "\n").map { try JSONDecoder().decode(Verdict.self, from: Data($0.utf8)) }
    }

    /// The python3 that has what the judge needs: the one on the path, or Debian's own.
    private static func python() throws -> String {
        let candidates = ["/usr/bin/env python3", "/usr/bin/python3"]
        let script = "import jsonschema, yaml; jsonschema.Draft202012Validator"
        let found = candidates.first { candidate in
            (try? SchemaTests().run(candidate, ["-c", script])) != nil
        }
        return try #require(found, "install the Debian packages python3-jsonschema and python3-yaml")
    }

    private struct Failed: Error {}

    @discardableResult
    private func run(_ command: String, _ arguments: [String]) throws -> String {
        let words = command.split(separator: " ").map(String.init)
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = words.dropFirst() + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.standardError
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
        return String(decoding: data, as: UTF8.self)
    }

    @Test("It accepts what weir check accepts, and refuses what weir check refuses of a value")
    func agrees() throws {
        let originals = try EffectiveTests.everything().count * 2
        let verdicts = try judge(mutations: Self.mutations)
        #expect(verdicts.count == originals + Self.mutations)
        var refused = 0
        for (index, verdict) in verdicts.enumerated() {
            let found = problems(verdict.text)
            if index < originals {
                #expect(verdict.problem == nil)
                #expect(found == [])
            }
            if let problem = verdict.problem {
                refused += 1
                #expect(found != [], "the schema says \(problem) of \(verdict.text)")
            } else {
                // What a preset gives is not known to a schema.
                let beyond = Self.beyondSchemas + (verdict.text.contains("\"preset\"") ? ["missing key"] : [])
                let ofValues = found.filter { problem in !beyond.contains { problem.contains($0) } }
                #expect(ofValues == [], "the schema accepts \(verdict.text)")
            }
        }
        // Both verdicts are tried.
        #expect(refused > Self.mutations / 3)
        #expect(refused < Self.mutations)
    }

    @Test("It is JSON, names a description for every key, and ends in one line break")
    func form() throws {
        let text = ConfigurationSchema.json
        #expect(text.hasSuffix("}\n"))
        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(document?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        let definitions = document?["$defs"] as? [String: [String: Any]]
        let queue = definitions?["queue"]?["properties"] as? [String: [String: Any]]
        #expect(queue?["max_wait"]?["default"] as? String == "10s")
        #expect(queue?.values.allSatisfy { $0["description"] is String } == true)
    }
}
