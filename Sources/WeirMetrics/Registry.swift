import Synchronization

/// The metrics of a process: families in the order in which they were registered.
///
/// A writer of values holds a `Counter`, `Gauge` or `Histogram` and never waits: the registry's and the families'
/// locks are taken only to register and to render. Names are unique over all families, those of a histogram's
/// samples and the OpenMetrics name of a counter (without `_total`) included.
package final class Registry: Sendable {
    private struct Contents {
        var families: [any RenderedFamily] = []
        var names: Set<String> = []
    }

    private let contents = Mutex(Contents())

    /// A registry without metrics.
    package init() {}

    /// Registers counters. `name` ends in `_total`.
    package func counters(
        _ name: String, help: String, labels: [String] = []
    ) throws(MetricError) -> CounterFamily {
        guard name.hasSuffix("_total") else { throw .invalidName(name) }
        return try register(
            CounterFamily(name: name, help: help, labels: labels, shape: ()),
            taking: [name, String(name.dropLast("_total".count))])
    }

    /// Registers gauges.
    package func gauges(_ name: String, help: String, labels: [String] = []) throws(MetricError) -> GaugeFamily {
        try register(GaugeFamily(name: name, help: help, labels: labels, shape: ()), taking: [name])
    }

    /// Registers histograms. No label may be named `le`.
    package func histograms(
        _ name: String, help: String, labels: [String] = [], bounds: HistogramBounds
    ) throws(MetricError) -> HistogramFamily {
        guard bounds.isValid else { throw .invalidBounds(metric: name) }
        guard !labels.contains("le") else { throw .invalidLabel(metric: name, label: "le") }
        return try register(
            HistogramFamily(name: name, help: help, labels: labels, shape: bounds),
            taking: [name, name + "_bucket", name + "_sum", name + "_count"])
    }

    /// Appends all metrics in the Prometheus text format 0.0.4.
    package func render(into out: inout [UInt8]) {
        for family in contents.withLock({ $0.families }) {
            family.render(into: &out)
        }
    }

    private func register<Series>(
        _ family: Family<Series>, taking names: [String]
    ) throws(MetricError) -> Family<Series> {
        guard names.allSatisfy(MetricName.isMetric) else { throw .invalidName(family.name) }
        var seen: Set<String> = []
        for label in family.labels {
            guard MetricName.isLabel(label), seen.insert(label).inserted else {
                throw .invalidLabel(metric: family.name, label: label)
            }
        }
        let taken = contents.withLock { contents -> String? in
            if let taken = names.first(where: contents.names.contains) { return taken }
            contents.names.formUnion(names)
            contents.families.append(family)
            return nil
        }
        if let taken { throw .duplicateName(taken) }
        return family
    }
}
