/// The rows as they are measured, in columns.
struct Table {
    private static let nameWidth = 58

    /// The head of the columns.
    static let head =
        pad("", to: nameWidth) + column("median") + column("least") + column("alloc/op") + column("budget") + "  unit"

    /// One measurement in a line.
    static func row(_ benchmark: Benchmark, _ result: Benchmark.Result) -> String {
        let name = pad(benchmark.name, to: nameWidth)
        let budget = column(benchmark.budget.map { figure($0) } ?? "")
        switch result {
        case .time(let median, let least, let allocations):
            return name + column(figure(median)) + column(figure(least)) + column(figure(allocations)) + budget
                + "  ns" + mark(median, benchmark.budget)
        case .figure(let value, let unit):
            return name + column(figure(value)) + column("") + column("") + budget + "  \(unit)"
                + mark(value, benchmark.budget)
        }
    }

    private static func mark(_ value: Double, _ budget: Double?) -> String {
        guard let budget, value > budget else { return "" }
        return "  over budget"
    }

    /// Two decimals below ten, one below a thousand, none above.
    private static func figure(_ value: Double) -> String {
        let decimals = value.magnitude < 10 ? 100.0 : value.magnitude < 1000 ? 10.0 : 1.0
        let rounded = (value * decimals).rounded() / decimals
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }

    private static func column(_ text: String) -> String {
        String(repeating: " ", count: max(1, 11 - text.count)) + text
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
