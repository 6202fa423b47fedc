import Testing
import WeirMetrics

@Suite("The registry")
struct RegistryTests {
    private let registry = Registry()

    private let bounds = HistogramBounds(nanoseconds: [1_000_000], per: .second)

    @Test(
        "refuses names that Prometheus would not take",
        arguments: ["", "1a", "a-b", "a b", "é", "a\"", "a\n", "a{", "0"])
    func refusesInvalidNames(name: String) {
        #expect(throws: MetricError.invalidName(name)) { try registry.gauges(name, help: "") }
        #expect(throws: MetricError.invalidName(name + "_total x")) {
            try registry.counters(name + "_total x", help: "")
        }
        #expect(throws: MetricError.invalidName(name)) { try registry.histograms(name, help: "", bounds: bounds) }
    }

    @Test("takes every name that Prometheus takes", arguments: ["a", "_", ":a:b", "A9_z"])
    func acceptsValidNames(name: String) throws {
        _ = try registry.gauges(name, help: "")
    }

    @Test("refuses a counter whose name does not end in _total")
    func refusesCounterWithoutTotal() {
        #expect(throws: MetricError.invalidName("mm_hits")) { try registry.counters("mm_hits", help: "") }
        #expect(throws: MetricError.invalidName("_total")) { try registry.counters("_total", help: "") }
    }

    @Test("refuses invalid, reserved and repeated label names", arguments: ["", "1", "a:b", "__name__", "a-b", "same"])
    func refusesInvalidLabels(label: String) {
        #expect(throws: MetricError.invalidLabel(metric: "mm_a", label: label)) {
            try registry.gauges("mm_a", help: "", labels: ["same", label])
        }
    }

    @Test("refuses the label le of a histogram, and leaves it to others")
    func refusesReservedBucketLabel() throws {
        #expect(throws: MetricError.invalidLabel(metric: "mm_h", label: "le")) {
            try registry.histograms("mm_h", help: "", labels: ["le"], bounds: bounds)
        }
        _ = try registry.gauges("mm_g", help: "", labels: ["le"])
    }

    @Test("refuses a name twice, whatever the types, and keeps the first")
    func refusesDuplicates() throws {
        let first = try registry.counters("mm_a_total", help: "A", labels: ["x"])
        #expect(throws: MetricError.duplicateName("mm_a_total")) {
            try registry.counters("mm_a_total", help: "A", labels: ["x"])
        }
        #expect(throws: MetricError.duplicateName("mm_a_total")) { try registry.gauges("mm_a_total", help: "") }
        try first.series(["1"]).increment()
        #expect(registry.text == "# HELP mm_a_total A\n# TYPE mm_a_total counter\nmm_a_total{x=\"1\"} 1\n")
    }

    @Test("refuses a name that the samples of another family need", arguments: ["h_bucket", "h_sum", "h_count"])
    func refusesSampleNames(name: String) throws {
        _ = try registry.histograms("h", help: "", bounds: bounds)
        #expect(throws: MetricError.duplicateName(name)) { try registry.gauges(name, help: "") }
        let other = Registry()
        _ = try other.gauges(name, help: "")
        #expect(throws: MetricError.duplicateName(name)) { try other.histograms("h", help: "", bounds: bounds) }
    }

    @Test("keeps a counter's OpenMetrics name free of others")
    func refusesOpenMetricsClash() throws {
        _ = try registry.counters("mm_a_total", help: "")
        #expect(throws: MetricError.duplicateName("mm_a")) { try registry.gauges("mm_a", help: "") }
    }

    @Test("takes nothing of a registration that it refuses")
    func refusalLeavesNothingBehind() throws {
        _ = try registry.gauges("h_sum", help: "")
        #expect(throws: MetricError.self) { try registry.histograms("h", help: "", bounds: bounds) }
        _ = try registry.gauges("h_bucket", help: "")
    }

    @Test(
        "refuses bounds that are none, too many, too large or not strictly ascending",
        arguments: [[], [1, 1], [2, 1], [UInt64.max], Array(0...15)] as [[UInt64]])
    func refusesInvalidBounds(values: [UInt64]) {
        #expect(throws: MetricError.invalidBounds(metric: "mm_h")) {
            try registry.histograms(
                "mm_h", help: "", bounds: HistogramBounds(nanoseconds: values, per: .second))
        }
    }

    @Test("refuses a series with another number of values than the family has labels", arguments: [0, 1, 3])
    func refusesLabelMismatch(count: Int) throws {
        let family = try registry.counters("mm_a_total", help: "", labels: ["x", "y"])
        #expect(throws: MetricError.labelCount(metric: "mm_a_total", expected: 2, given: count)) {
            try family.series(Array(repeating: "v", count: count))
        }
    }

    @Test("gives the same handle for the same label values, and another for others")
    func seriesIdentity() throws {
        let family = try registry.counters("mm_a_total", help: "", labels: ["x", "y"])
        let first = try family.series(["a", "bc"])
        #expect(try family.series(["a", "bc"]) === first)
        #expect(try family.series(["ab", "c"]) !== first)
    }

    @Test("tells label values apart by their bytes, even those that Unicode holds equal")
    func seriesIdentityIsOfBytes() throws {
        let family = try registry.counters("mm_a_total", help: "", labels: ["x"])
        #expect(try family.series(["\u{E9}"]) !== family.series(["e\u{301}"]))
    }

    @Test("explains each refusal to people")
    func errorTexts() {
        #expect(MetricError.duplicateName("mm_a").description == "the metric name mm_a is already taken")
        #expect(
            MetricError.labelCount(metric: "mm_a", expected: 2, given: 1).description
                == "metric mm_a has 2 labels, but 1 values were given")
        #expect(MetricError.invalidName("é").description.contains("\"é\" is no valid metric name"))
        #expect(MetricError.invalidLabel(metric: "m", label: "le").description.contains("\"le\""))
        #expect(MetricError.invalidBounds(metric: "m").description.contains("1 to 15 bounds"))
    }
}

extension Registry {
    /// What it renders.
    var text: String {
        var out: [UInt8] = []
        render(into: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
