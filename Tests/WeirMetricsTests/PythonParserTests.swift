import Foundation
import Testing
import WeirMetrics

/// Prometheus' Python parsers read every byte of both formats back, whatever the names, labels and values.
@Suite("The Python parsers")
struct PythonParserTests {
    /// One family as a parser understands it.
    private struct Understood: Decodable, Equatable {
        struct Sample: Decodable, Equatable {
            let name: String
            let labels: [String: String]
            /// A decimal.
            let value: String

            static func == (left: Self, right: Self) -> Bool {
                guard let (one, other) = left.number.flatMap({ one in right.number.map { (one, $0) } }) else {
                    return false
                }
                // NaN is NaN, and -0 is not 0.
                return left.name == right.name && left.labels == right.labels
                    && (one.isNaN && other.isNaN || one.bitPattern == other.bitPattern)
            }

            private var number: Double? { Double(value) }
        }

        let name: String
        let type: String
        let help: String
        let samples: [Sample]
    }

    @Test("read random registries back as they were written", arguments: [1, 2, 3, 4])
    func randomRegistries(seed: UInt64) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "weir-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var random = Generator(state: seed)
        var files: [URL] = []
        var expected: [[Understood]] = []
        for number in 0..<25 {
            let (registry, families) = try Self.registry(&random)
            for (format, suffix) in [(ExpositionFormat.text, "text"), (.openMetrics, "openmetrics")] {
                var out: [UInt8] = []
                registry.render(format, into: &out)
                let file = folder.appending(path: "\(number).\(suffix)")
                try Data(out).write(to: file)
                files.append(file)
                expected.append(families)
            }
        }
        let understood = try await Self.parse(files, folder: folder)
        try #require(understood.count == expected.count)
        for (index, file) in files.enumerated() {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(understood[index] == expected[index], "seed \(seed), \(file.lastPathComponent): \(text)")
        }
    }

    private static func parse(_ files: [URL], folder: URL) async throws -> [[Understood]] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
        // Not standardized, and through env: a link to an interpreter that is resolved first leaves its environment.
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        let python = root.appending(path: ".build/python/bin/python3")
        try #require(
            FileManager.default.isExecutableFile(atPath: python.path),
            "\(python.path) is missing: `make install-test` makes it")
        let parser = try await Program(
            URL(filePath: "/usr/bin/env"),
            [python.path, tests.appending(path: "parse_exposition.py").path] + files.map(\.path), folder: folder)
        try #require(parser.status == 0, "\(String(decoding: parser.output, as: UTF8.self))")
        return try parser.output.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode([Understood].self, from: Data($0))
        }
    }

    /// A registry of every kind of metric, and what there is to be understood of it.
    private static func registry(_ random: inout Generator) throws -> (Registry, [Understood]) {
        let registry = Registry()
        var families: [Understood] = []
        for number in 0..<Int.random(in: 0...6, using: &random) {
            let name = "f\(number)" + random.text(of: "abcXYZ_:09", upTo: 8)
            let help = "H" + random.text(of: Generator.nasty, upTo: 12) + "."
            let labels = ["a", "_b", "C9"].shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
            var samples: [Understood.Sample] = []
            var series: [[String]] = []
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let values = labels.map { _ in random.text(of: Generator.nasty, upTo: 10) }
                if !series.contains(where: { $0.map { Array($0.utf8) } == values.map { Array($0.utf8) } }) {
                    series.append(values)
                }
            }
            func add(_ suffix: String, _ values: [String], _ value: Double, le: String? = nil) {
                var pairs = Dictionary(uniqueKeysWithValues: zip(labels, values))
                pairs["le"] = le
                samples.append(
                    .init(name: name + suffix, labels: pairs, value: value.isNaN ? "nan" : value.description))
            }
            let type: String
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                type = "counter"
                let family = try registry.counters(name + "_total", help: help, labels: Array(labels))
                for values in series {
                    let count =
                        UInt64.random(in: 0...UInt64.max, using: &random) >> Int.random(in: 0...63, using: &random)
                    try family.series(values).increment(by: count)
                    add("_total", values, Double(count))
                }
            case 1:
                type = "gauge"
                let family = try registry.gauges(name, help: help, labels: Array(labels))
                for values in series {
                    let value = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
                    try family.series(values).set(value)
                    add("", values, value)
                }
            default:
                type = "histogram"
                let all: [UInt64] = [1, 1_000, 25_000, 1_000_000, 2_500_000_000, 3_000_000_000_000_000]
                let bounds = Array(all.prefix(Int.random(in: 1...all.count, using: &random)))
                let family = try registry.histograms(
                    name, help: help, labels: Array(labels), bounds: HistogramBounds(nanoseconds: bounds, per: .second))
                let limits = ["1e-09", "1e-06", "2.5e-05", "0.001", "2.5", "3e+06"]
                for values in series {
                    let histogram = try family.series(values)
                    let observed = (0..<5).map { _ in
                        UInt64.random(in: 0...1 << 62, using: &random) >> Int.random(in: 0...62, using: &random)
                    }
                    for value in observed { histogram.observe(value) }
                    for (bound, limit) in zip(bounds, limits) {
                        add("_bucket", values, Double(observed.count { $0 <= bound }), le: limit)
                    }
                    add("_bucket", values, Double(observed.count), le: "+Inf")
                    let sum = observed.reduce(0, &+)
                    let fraction = String(sum % 1_000_000_000 + 1_000_000_000).dropFirst()
                    add("_sum", values, Double("\(sum / 1_000_000_000).\(fraction)") ?? .nan)
                    add("_count", values, Double(observed.count))
                }
            }
            families.append(Understood(name: name, type: type, help: help, samples: samples))
        }
        return (registry, families)
    }

    /// Reproducible dice.
    private struct Generator: RandomNumberGenerator {
        /// Everything that a format could stumble over.
        static let nasty = "\"\"\\\\\n\n\r\t {}=,#+nab\u{0}\u{1F}\u{7F}\u{85}\u{A0}\u{2028}\u{FEFF}é🧀𝄞\u{10FFFF}"

        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func text(of alphabet: String, upTo length: Int) -> String {
            let scalars = Array(alphabet.unicodeScalars)
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...length, using: &self) {
                text.append(scalars.randomElement(using: &self) ?? "x")
            }
            return String(text)
        }
    }
}
