import Testing
import WeirMetrics

@Suite("OpenMetrics 1.0.0")
struct OpenMetricsTests {
    private let registry = Registry()

    private func text(_ format: ExpositionFormat, names: Set<String> = []) -> String {
        var out: [UInt8] = []
        registry.render(format, names: names, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    @Test("names counters without _total, escapes quotes in HELP, and ends with EOF")
    func golden() throws {
        try registry.counters("a_total", help: #"one "two" \ three"# + "\nfour", labels: ["x"]).series(["\"\\\n"])
            .increment()
        try registry.gauges("b", help: "B").series([]).set(1.5)
        let bounds = HistogramBounds(nanoseconds: [1_000_000_000], per: .second)
        try registry.histograms("c_seconds", help: "C", bounds: bounds).series([]).observe(2_000_000_000)
        #expect(
            text(.openMetrics) == #"""
                # HELP a one \"two\" \\ three\nfour
                # TYPE a counter
                a_total{x="\"\\\n"} 1
                # HELP b B
                # TYPE b gauge
                b 1.5
                # HELP c_seconds C
                # TYPE c_seconds histogram
                c_seconds_bucket{le="1.0"} 0
                c_seconds_bucket{le="+Inf"} 1
                c_seconds_sum 2
                c_seconds_count 1
                # EOF

                """#)
    }

    @Test("has the same samples as the text format")
    func sameSamples() throws {
        try registry.counters("a_total", help: "", labels: ["x"]).series(["y"]).increment()
        let bounds = HistogramBounds(nanoseconds: [10_000, 5_000_000_000], per: .second)
        try registry.histograms("c_seconds", help: "C", bounds: bounds).series([]).observe(1)
        func samples(_ format: ExpositionFormat) -> [Substring] {
            text(format).split(separator: "\n").filter { !$0.hasPrefix("#") }
        }
        #expect(samples(.openMetrics) == samples(.text))
        #expect(samples(.text).count == 6)
    }

    @Test("an empty registry has an end alone")
    func empty() {
        #expect(text(.openMetrics) == "# EOF\n")
        #expect(text(.text) == "")
    }

    @Test(
        "only the families are rendered that are named, or one of whose samples is",
        arguments: [
            (["a_total"], ["a"]), (["a"], ["a"]), (["b"], ["b"]), (["c"], ["c"]), (["c_bucket"], ["c"]),
            (["c_sum", "b"], ["b", "c"]), (["none"], []), (["", "A_total", "a_"], []), (["a", "a_total"], ["a"]),
        ] as [(Set<String>, [String])])
    func filter(names: Set<String>, families: [String]) throws {
        _ = try registry.counters("a_total", help: "")
        _ = try registry.gauges("b", help: "")
        _ = try registry.histograms("c", help: "", bounds: HistogramBounds(nanoseconds: [1], per: .second))
        let shown = text(.openMetrics, names: names).split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
            .compactMap { $0.split(separator: " ").dropFirst(2).first.map(String.init) }
        #expect(shown == families)
    }

    @Test("keeps the names that it reserves free", arguments: ["a_created", "h_created"])
    func createdNames(name: String) throws {
        _ = try registry.counters("a_total", help: "")
        _ = try registry.histograms("h", help: "", bounds: HistogramBounds(nanoseconds: [1], per: .second))
        #expect(throws: MetricError.duplicateName(name)) { try registry.gauges(name, help: "") }
    }
}
