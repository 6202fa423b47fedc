/// `docs/metrics.md`: what a scrape of Weir shows.
package enum MetricReference {
    /// The document, made of the definitions that the metrics are registered with.
    package static var markdown: String {
        var text = """
            # Metrics

            What `/metrics` shows. This page is written by `weir reference metrics`; do not edit it.

            `upstream` and `endpoint` are the configured names; `endpoint` is `other` for calls that match no endpoint, and \
            empty for what belongs to the upstream itself. Both are empty for a request that was refused before it was \
            routed. Every counter and histogram series that can occur is there at 0 from the start; what the provider says \
            of its quota is there once it has been said. No label ever holds what a caller sent.

            | metric | type | labels | meaning |
            |---|---|---|---|

            """
        for metric in MetricDefinition.all {
            let labels = metric.labels.isEmpty ? "" : metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            text += "| `\(metric.name)` | \(metric.kind.name) | \(labels) | \(metric.help) |\n"
        }
        text += """

            Beside them: the standard `process_*` metrics (CPU, memory, descriptors, start time), and \
            `mm_metrics_series_dropped_total` (`metric`), which counts series that were not made because their metric has \
            too many.

            ## Buckets


            """
        for metric in MetricDefinition.all {
            guard case .histogram(let buckets) = metric.kind else { continue }
            let bounds = buckets.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: " ")
            text += "- `\(metric.name)`: \(bounds)\n"
        }
        return text + """

            ## In shadow

            With `mode: shadow` the counters of limits, circuits and retries say what would have happened.

            """
    }
}

extension MetricDefinition.Kind {
    fileprivate var name: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
