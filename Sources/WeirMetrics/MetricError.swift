/// Why the registry refused a family or a series. Nothing in the registry traps: what does not fit is refused with
/// one of these when it is set up, and no operation on a handle can fail.
package enum MetricError: Error, Equatable, Sendable {
    /// The metric's name is not `[a-zA-Z_:][a-zA-Z0-9_:]*`, or a counter's does not end in `_total`.
    case invalidName(String)
    /// A label's name is not `[a-zA-Z_][a-zA-Z0-9_]*`, begins with `__`, is given twice, or is a histogram's `le`.
    case invalidLabel(metric: String, label: String)
    /// The name, or a name its samples need (`x_bucket`, `x_sum`, `x_count` of a histogram `x`), is taken.
    case duplicateName(String)
    /// A series was asked for with another number of label values than its family has labels.
    case labelCount(metric: String, expected: Int, given: Int)
    /// A histogram has no bounds, more than `HistogramBounds.maximum`, too large ones, or they do not strictly ascend.
    case invalidBounds(metric: String)
}

extension MetricError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidName(let name):
            "\"\(name)\" is no valid metric name: letters, digits, _ and : only, and a counter ends in _total"
        case .invalidLabel(let metric, let label):
            "metric \(metric): the label \"\(label)\" is invalid, reserved, or given twice"
        case .duplicateName(let name):
            "the metric name \(name) is already taken"
        case .labelCount(let metric, let expected, let given):
            "metric \(metric) has \(expected) labels, but \(given) values were given"
        case .invalidBounds(let metric):
            "metric \(metric): a histogram needs 1 to \(HistogramBounds.maximum) bounds in strictly ascending order"
        }
    }
}
