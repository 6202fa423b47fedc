/// The samples of a page in the Prometheus text format.
struct Exposition: Sendable {
    /// One line: a name, its labels, its value.
    struct Sample: Sendable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    /// The page.
    let text: String
    /// Its samples, in order.
    let samples: [Sample]
    /// What `# TYPE` says, by family.
    let types: [String: String]

    /// Reads a page whose label values hold neither quotes nor commas, as those of these tests.
    init(_ text: String) {
        self.text = text
        let lines = text.split(separator: "\n")
        samples = lines.filter { !$0.hasPrefix("#") }.compactMap(Self.sample)
        var types: [String: String] = [:]
        for line in lines where line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ")
            if words.count == 4 { types[String(words[2])] = String(words[3]) }
        }
        self.types = types
    }

    /// The value of the series with exactly these labels; `nil` where there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    /// The sum over all series that have at least these labels.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }.map(\.value).reduce(0, +)
    }

    private static func sample(_ line: Substring) -> Sample? {
        guard let blank = line.lastIndex(of: " "), let value = Double(line[line.index(after: blank)...]) else {
            return nil
        }
        let series = line[..<blank]
        guard let brace = series.firstIndex(of: "{") else {
            return Sample(name: String(series), labels: [:], value: value)
        }
        var labels: [String: String] = [:]
        for pair in series[brace...].dropFirst().dropLast().split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { labels[String(parts[0])] = String(parts[1].dropFirst().dropLast()) }
        }
        return Sample(name: String(series[..<brace]), labels: labels, value: value)
    }
}
