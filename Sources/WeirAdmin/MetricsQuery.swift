/// Which metrics are asked for, and how they shall be written.
package struct MetricsQuery: Sendable, Hashable {
    /// The formats in which Prometheus reads metrics.
    package enum Format: Sendable, Hashable {
        /// The text format 0.0.4.
        case text
        /// OpenMetrics 1.0.0.
        case openMetrics
    }

    /// How they shall be written.
    package let format: Format
    /// Only families of these names, or with samples of these names; all if there are none.
    package let names: Set<String>

    /// A query of all metrics, or of some.
    package init(format: Format = .text, names: Set<String> = []) {
        self.format = format
        self.names = names
    }

    /// The `Content-Type` of the answer.
    var contentType: String {
        switch format {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}
