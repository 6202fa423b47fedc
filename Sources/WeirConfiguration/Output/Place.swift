/// Where a value of the effective configuration comes from, and whether it may be shown there.
struct Place {
    /// Every place of the file that the value may come from: its own, and those that it takes over from.
    private var paths: [String]
    /// What came from the environment.
    private let concealed: Set<String>

    /// What stands for a secret.
    static let redacted = JSONValue.text("<redacted>")

    /// The whole of a file in which `concealed` came from the environment.
    init(concealed: Set<String> = []) {
        paths = [""]
        self.concealed = concealed
    }

    /// The value of `key` here.
    func child(_ key: String) -> Place {
        var place = self
        place.paths = paths.map { $0.isEmpty ? key : "\($0).\(key)" }
        return place
    }

    /// The element `label` of the list here: a name, or where there is none the place in the list.
    func element(_ label: String) -> Place {
        var place = self
        place.paths = paths.map { "\($0)[\(label)]" }
        return place
    }

    /// What this is a value or an element of.
    var parent: Place {
        var place = self
        place.paths = paths.map { path in
            path.lastIndex { $0 == "." || $0 == "[" }.map { String(path[..<$0]) } ?? ""
        }
        return place
    }

    /// The same value, which may also come from `other`.
    func or(_ other: Place) -> Place {
        var place = self
        place.paths += other.paths
        return place
    }

    /// `value`, or what stands for a secret.
    func shown(_ value: JSONValue) -> JSONValue {
        guard !concealed.isEmpty, value != .null else { return value }
        let isConcealed = paths.contains { path in
            concealed.contains { $0 == path || $0.hasPrefix(path + "[") || $0.hasPrefix(path + ".") }
        }
        return isConcealed ? Self.redacted : value
    }
}
