/// What a family has one of per series: a counter, a gauge or a histogram.
///
/// An instrument holds values and no names. The beginnings of its lines (`name{labels} `) are rendered once, when the
/// series is made, into its family's `LineTable`.
package protocol Instrument: AnyObject, Sendable {
    /// What all series of a family have in common.
    associatedtype Shape: Sendable

    /// An instrument at 0.
    init(shape: Shape)

    /// The word of the `# TYPE` line.
    static var typeName: String { get }

    /// Appends the beginnings of the lines of one series; their number depends on the shape alone.
    static func addLines(name: String, labels: [LabelPair], shape: Shape, to lines: inout LineTable)

    /// Appends the lines of this series, of which the first has the number `first`, with the values of now.
    func write(_ lines: borrowing LineTable, from first: Int, shape: Shape, into out: inout [UInt8])
}
