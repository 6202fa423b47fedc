/// The class of a call in line; a higher class is served first.
public enum Priority: Int, CaseIterable, Comparable, Sendable {
    /// Served before all others.
    case critical = 0
    /// Served before `normal`.
    case high = 1
    /// The default.
    case normal = 2
    /// Served last, and dropped first when the line is full.
    case low = 3

    /// The name in the configuration, the `Weir-Priority` header and the `priority` label.
    public var name: String {
        switch self {
        case .critical: "critical"
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }

    /// The class called `name`, or nil.
    public init?(name: String) {
        guard let match = Priority.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// Orders by urgency: `.low < .critical`.
    public static func < (left: Priority, right: Priority) -> Bool {
        left.rawValue > right.rawValue
    }
}
