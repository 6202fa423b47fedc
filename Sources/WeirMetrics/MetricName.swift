/// The naming rules of the Prometheus data model.
enum MetricName {
    /// Whether `name` may name a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isMetric(_ name: String) -> Bool {
        isIdentifier(name, colons: true)
    }

    /// Whether `name` may name a label: `[a-zA-Z_][a-zA-Z0-9_]*`, and not the reserved `__…`.
    static func isLabel(_ name: String) -> Bool {
        isIdentifier(name, colons: false) && !name.utf8.starts(with: "__".utf8)
    }

    private static func isIdentifier(_ name: String, colons: Bool) -> Bool {
        var isFirst = true
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                break
            case UInt8(ascii: ":"):
                guard colons else { return false }
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard !isFirst else { return false }
            default:
                return false
            }
            isFirst = false
        }
        return !isFirst
    }
}
