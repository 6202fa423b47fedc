internal import WeirCore

/// Reads `tiers`: where a call says of which tier it is, and figures by the names of the tiers.
enum TiersReader {
    private static let by = "by"
    private static let standard = "default"

    /// More tiers than this are a slip.
    private static let most = 100

    private static var tierName: Kind<String> {
        .text("the name of a tier: 1 to 64 printable ASCII characters", pattern: "[!-~]{1,64}", isAllowed: isTierName)
    }

    private static func isTierName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(\.isVisible)
    }

    /// The tiers of a limit of `algorithm`; what a tier does not say is in `figures`, the limit's own.
    static func read(_ cursor: Cursor, _ algorithm: AlgorithmName, over figures: LimitFigures) -> Tiers? {
        guard case .mapping(let entries) = cursor.node.content else {
            cursor.mismatch("a mapping of by, default and the names of tiers")
            return nil
        }
        func child(_ key: String) -> Cursor? {
            cursor.node[key].flatMap { $0.isNull ? nil : cursor.child(key, $0) }
        }
        for key in [by, standard] where child(key) == nil { cursor.problem("missing key \(quoted(key))") }
        let source = child(by).flatMap { Kind<KeySource>.keySource.read($0) }
        let standardName = child(standard).flatMap { tierName.read($0) }
        var tiers: [Tiers.Tier] = []
        let names = entries.filter { ![by, standard].contains($0.key) }
        for entry in names {
            guard isTierName(entry.key) else {
                cursor.report.problem(
                    at: entry.position, path: cursor.path, "expected \(tierName.takes), found \(quoted(entry.key))")
                continue
            }
            if let own = tier(cursor.child(entry.key, entry.value), algorithm, over: figures) {
                tiers.append(Tiers.Tier(name: entry.key, algorithm: own))
            }
        }
        if names.isEmpty { cursor.mismatch("at least one tier") }
        if names.count > most { cursor.problem("expected at most \(most) tiers, found \(names.count)") }
        if let standardName, !names.contains(where: { $0.key == standardName }) {
            child(standard)?.mismatch("the name of one of the tiers")
        }
        guard let source, let standardName, tiers.count == names.count else { return nil }
        return Tiers(by: source, defaultTier: standardName, tiers: tiers)
    }

    private static func tier(
        _ cursor: Cursor, _ algorithm: AlgorithmName, over figures: LimitFigures
    ) -> LimitSettings.Algorithm? {
        guard let section = Section<FigureKey>(cursor) else { return nil }
        var own = LimitFigures()
        section.read(into: &own)
        LimitReader.noteForeignKeys(algorithm, FigureKey.allCases.map { ($0, section[$0]) })
        let settings = algorithm.settings(own.over(figures))
        if settings == nil, FigureKey.allCases.allSatisfy({ section.isSound($0) }) {
            let missing = algorithm.requiredKeys.map { quoted($0.rawValue) }.joined(separator: " and ")
            cursor.problem("expected \(missing), here or in the limit itself")
        }
        return settings
    }

    /// `tiers` as a file would have them.
    static func write(_ tiers: Tiers, _ place: Place) -> JSONValue {
        let fixed: JSONValue = [
            by: place.child(by).shown(.text(tiers.by.text)),
            standard: place.child(standard).shown(.text(tiers.defaultTier)),
        ]
        return fixed.adding(
            .object(
                tiers.tiers.map { tier in
                    let figures = tier.algorithm.written.figures
                    let members = FigureKey.allCases.compactMap { key -> JSONValue.Member? in
                        // What a tier does not say is that of the limit itself.
                        let place = place.child(tier.name).child(key.rawValue).or(place.parent.child(key.rawValue))
                        guard let value = key.field.write(figures, place), value != .null else { return nil }
                        return JSONValue.Member(name: key.rawValue, value: value)
                    }
                    return JSONValue.Member(name: tier.name, value: .object(members))
                }))
    }

    /// The schema of tiers.
    static var schema: JSONValue {
        [
            "type": "object", "required": [.text(by), .text(standard)],
            "properties": [
                by: Kind<KeySource>.keySource.orReference.described("where a call says of which tier it is"),
                standard: tierName.orReference.described("the tier of a call that says nothing, or nothing known"),
            ],
            "propertyNames": .pattern("[!-~]{1,64}"),
            "minProperties": 3, "maxProperties": .integer(most + 2),
            "additionalProperties": .reference(FigureKey.title),
        ]
    }

    /// The keys of tiers for the reference: name, what it takes, meaning.
    static let reference: [(name: String, takes: String, doc: String)] = [
        (by, Kind<KeySource>.keySource.takes, "where a call says of which tier it is"),
        (standard, "name of a tier", "the tier of a call that says nothing, or nothing known"),
        (
            "NAME", "the figures of the algorithm",
            "what this tier has; what it does not say is that of the limit itself"
        ),
    ]
}

extension JSONValue {
    /// A schema with words for editors.
    func described(_ words: String) -> JSONValue {
        JSONValue.object([Member(name: "description", value: .text(words))]).adding(self)
    }
}
