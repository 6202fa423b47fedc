/// The keys of one kind of mapping; the raw value of each is its name in the file, and their order is that of the
/// reference.
protocol SectionKey: RawRepresentable<String>, CaseIterable, Hashable {
    associatedtype Settings

    /// What the section is called in the reference and in the schema.
    static var title: String { get }
    /// What holds where the file says nothing.
    static var standard: Settings { get }
    /// What is known of this key.
    var field: Field<Settings> { get }
}

extension SectionKey {
    /// The section as a file would have it for `settings`; keys of which there is nothing to say are left out.
    static func write(_ settings: Settings, _ place: Place, except excluded: Set<Self> = []) -> JSONValue {
        .object(
            allCases.compactMap { key in
                guard !excluded.contains(key), let value = key.field.write(settings, place.child(key.rawValue)) else {
                    return nil
                }
                return JSONValue.Member(name: key.rawValue, value: value)
            })
    }
}

/// A mapping whose keys are known.
struct Section<Key: SectionKey> {
    /// The mapping itself.
    let cursor: Cursor
    private var entries: [Key: YAMLNode] = [:]

    /// Takes in a mapping and notes its unknown keys; nil, and a problem, where it is none.
    init?(_ cursor: Cursor, expected: String = "a mapping") {
        guard case .mapping(let pairs) = cursor.node.content else {
            cursor.mismatch(expected)
            return nil
        }
        self.cursor = cursor
        for pair in pairs {
            if let key = Key(rawValue: pair.key) {
                entries[key] = pair.value
            } else {
                Self.noteUnknown(pair, in: cursor)
            }
        }
    }

    /// The value of `key`; nil where it is absent or null, which mean the same: the default.
    subscript(key: Key) -> Cursor? {
        guard let node = entries[key], !node.isNull else { return nil }
        return cursor.child(key.rawValue, node)
    }

    /// The section that is the value of `key`; nil where there is none.
    subscript<Inner: SectionKey>(key: Key, _: Inner.Type) -> Section<Inner>? {
        self[key].flatMap { $0.isMapping ? Section<Inner>($0) : nil }
    }

    /// Takes over all that the section says, but for the keys `excluded`, and notes required keys that are missing.
    func read(into settings: inout Key.Settings, except excluded: Set<Key> = []) {
        for key in Key.allCases where !excluded.contains(key) {
            let field = key.field
            let value = field.isRequired ? required(key) : self[key]
            field.read(value, entries[key]?.isNull ?? false, &settings)
        }
    }

    /// The value of `key`; nil, and a problem at the mapping, where there is none.
    @discardableResult
    func required(_ key: Key) -> Cursor? {
        if let value = self[key] { return value }
        cursor.problem("missing key \(quoted(key.rawValue))")
        return nil
    }

    /// Whether none of `keys` has a problem: only then is what they say together worth a look.
    func isSound(_ keys: Key...) -> Bool {
        keys.allSatisfy { key in
            guard let value = self[key] else { return true }
            return !cursor.report.hasProblem(at: value.path)
        }
    }

    /// Whether any known key is given, null or not.
    var hasKeys: Bool { !entries.isEmpty }

    private static func noteUnknown(_ pair: YAMLNode.Entry, in cursor: Cursor) {
        var message = "unknown key \(quoted(pair.key))"
        if let nearest = NearestKey.find(pair.key, among: Key.allCases.map(\.rawValue)) {
            message += ", did you mean \(quoted(nearest))?"
        }
        cursor.report.problem(at: pair.position, path: cursor.path, message)
    }
}

extension Cursor {
    /// A mapping that may also be turned off.
    enum Switchable<Key: SectionKey> {
        case off
        case on(Section<Key>)
    }

    /// A mapping, or `off`; nil, and a problem, for anything else.
    func switchable<Key: SectionKey>(_: Key.Type) -> Switchable<Key>? {
        if isOff { return .off }
        return Section<Key>(self, expected: "a mapping or off").map { .on($0) }
    }
}
