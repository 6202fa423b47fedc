import Foundation
import Testing
import WeirConfiguration

@Suite("Files")
struct LoaderTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    private func load(_ path: String) -> [String] {
        switch ConfigurationLoader.load(path: path, environment: [:]) {
        case .success: []
        case .failure(let error): error.problems.map(\.description)
        }
    }

    @Test("A file is loaded, and problems call it by its path")
    func loaded() throws {
        try withFolder { folder in
            let path = folder + "/a.yaml"
            try Data(withUpstream("").utf8).write(to: URL(fileURLWithPath: path))
            #expect(load(path) == [])
            try Data("log: 1".utf8).write(to: URL(fileURLWithPath: path))
            #expect(load(path).last == "\(path):1:6: log: expected a mapping, found \"1\"")
        }
    }

    @Test("A file that cannot be read says why, without a line")
    func unreadable() throws {
        try withFolder { folder in
            #expect(load(folder + "/none.yaml") == ["\(folder)/none.yaml: cannot be read: no such file"])
            #expect(load(folder) == ["\(folder): cannot be read: it is a directory"])
            let path = folder + "/a.yaml"
            try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: path))
            #expect(load(path) == ["\(path): is not UTF-8 text"])
            try Data(repeating: 0x23, count: (1 << 20) + 1).write(to: URL(fileURLWithPath: path))
            #expect(load(path) == ["\(path): is larger than 1 MiB"])
        }
    }

    @Test("A file that may not be read says so")
    func forbidden() throws {
        try withFolder { folder in
            let path = folder + "/a.yaml"
            try Data().write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
            // Root may read it all the same.
            guard !FileManager.default.isReadableFile(atPath: path) else { return }
            #expect(load(path) == ["\(path): cannot be read: permission denied"])
        }
    }

    @Test("A trust root that cannot be read is a problem of the file, not of the text")
    func trustRoots() throws {
        try withFolder { folder in
            let text = withUpstream("ca_file: \(folder)/ca.pem")
            #expect(problems(text) == [])
            let path = folder + "/a.yaml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let found = load(path)
            #expect(found.count == 1)
            #expect(
                found.first?.hasPrefix("\(path):5:14: upstreams[0].ca_file: expected a file that can be read") == true)
            #expect(found.first?.hasSuffix(": no such file") == true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/ca.pem"))
            #expect(load(path) == [])
        }
    }

    @Test(
        "The configuration is the named one, the environment's, or the first that exists",
        arguments: [
            ("a", "b", ["a", "b", "weir.yaml"], "a"), (nil, "b", ["b", "weir.yaml"], "b"),
            (nil, "", ["weir.yaml", "/etc/weir/weir.yaml"], "weir.yaml"),
            (nil, nil, ["/etc/weir/weir.yaml"], "/etc/weir/weir.yaml"),
        ] as [(String?, String?, [String], String)])
    func located(explicit: String?, variable: String?, existing: [String], path: String) throws {
        let environment = variable.map { ["WEIR_CONFIG": $0] } ?? [:]
        let found = ConfigurationLoader.locate(explicit: explicit, environment: environment) { existing.contains($0) }
        #expect(try found.get() == path)
    }

    @Test(
        "A named configuration that does not exist is not replaced by another",
        arguments: [
            ("a", "b", "a: cannot be read: no such file"), (nil, "b", "b: cannot be read: no such file"),
            (
                nil, nil,
                "weir.yaml: no such file, nor /etc/weir/weir.yaml: name one with --config FILE or in WEIR_CONFIG"
            ),
        ] as [(String?, String?, String)])
    func notLocated(explicit: String?, variable: String?, problem: String) {
        let environment = variable.map { ["WEIR_CONFIG": $0] } ?? [:]
        let found = ConfigurationLoader.locate(explicit: explicit, environment: environment) { path in
            (explicit ?? variable) != nil && path == "weir.yaml"
        }
        #expect(
            throws: ConfigurationError(problems: [
                .init(
                    file: String(problem.prefix { $0 != ":" }), message: String(problem.drop { $0 != ":" }.dropFirst(2))
                )
            ])
        ) {
            try found.get()
        }
    }
}
