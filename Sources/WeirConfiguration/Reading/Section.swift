/// The keys of one kind of mapping; the raw value of each is its name in the file.
protocol SectionKey: RawRepresentable<String>, CaseIterable, Hashable {
    /// Keys of the contract that this version does not have yet.
    static var later: [String] { get }
    /// Values of those keys, beside nothing and `off`, that say no more than what this version does.
    static var laterDefaults: [String: String] { get }
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

    /// The value of `key`; nil, and a problem at the mapping, where there is none.
    func required(_ key: Key) -> Cursor? {
        if let value = self[key] { return value }
        cursor.problem("missing key \(quoted(key.rawValue))")
        return nil
    }

    /// Whether `key` is given as null, for the few keys where this is not the same as absent.
    func isNull(_ key: Key) -> Bool {
        entries[key]?.isNull ?? false
    }

    /// Whether any known key is given, null or not.
    var hasKeys: Bool { !entries.isEmpty }

    private static func noteUnknown(_ pair: YAMLNode.Entry, in cursor: Cursor) {
        if Key.later.contains(pair.key) {
            let value = cursor.child(pair.key, pair.value)
            guard !value.asksForNothing, !value.isScalar(Key.laterDefaults[pair.key]) else { return }
            cursor.report.problem(at: pair.position, path: value.path, Later.notYet)
            return
        }
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
