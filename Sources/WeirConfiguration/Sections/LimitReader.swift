internal import WeirCore

/// A limit as it was read.
struct ReadLimit {
    /// Nil where some of it is wrong.
    var settings: LimitSettings?
    var name: String?
    var section: Section<LimitKey>
}

/// Reads a list of limits, and writes one.
enum LimitReader {
    /// All limits of `cursor`, each name once.
    static func list(_ cursor: Cursor?) -> [ReadLimit] {
        let limits = (cursor?.list() ?? []).compactMap { Section<LimitKey>($0) }.map(read)
        noteRepeatedNames(limits.map { ($0.name, $0.section[.name]) })
        return limits
    }

    private static func read(_ section: Section<LimitKey>) -> ReadLimit {
        var draft = LimitDraft()
        section.read(into: &draft)
        let name = draft.name.isEmpty ? nil : draft.name
        guard let algorithm = draft.algorithm else { return ReadLimit(name: name, section: section) }
        noteForeignKeys(algorithm, LimitKey.allCases.compactMap { key in key.figure.map { ($0, section[key]) } })
        if let tiers = section[.tiers] {
            draft.tiers = TiersReader.read(tiers, algorithm, over: draft.figures)
        } else {
            for key in algorithm.requiredKeys {
                if let key = LimitKey(rawValue: key.rawValue) { section.required(key) }
            }
        }
        if let load = section[.hostLoad] { draft.hostLoad = HostLoadReader.read(load) }
        check(draft, section)
        // With tiers every call belongs to one, the default one if it says nothing.
        let standard = draft.tiers.flatMap { tiers in tiers.tiers.first { $0.name == tiers.defaultTier }?.algorithm }
        guard let name, let settings = standard ?? algorithm.settings(draft.figures) else {
            return ReadLimit(name: name, section: section)
        }
        noteWideMargin(settings, section)
        return ReadLimit(
            settings: LimitSettings(
                name: name, algorithm: settings, onLimit: draft.onLimit, reserve: draft.reserve, key: draft.key ?? [],
                keyMissing: draft.keyMissing, maxKeys: draft.maxKeys, tiers: draft.tiers, hostLoad: draft.hostLoad,
                isShared: draft.isShared),
            name: name, section: section)
    }

    /// Notes the figures that only other algorithms have.
    static func noteForeignKeys(_ algorithm: AlgorithmName, _ figures: [(key: FigureKey, cursor: Cursor?)]) {
        for (key, cursor) in figures where !algorithm.keys.contains(key) {
            let owners = AlgorithmName.allCases.filter { $0.keys.contains(key) }.map(\.rawValue)
            cursor?.problem("is a key of \(listed(owners, "and")), not of \(algorithm.rawValue)")
        }
    }

    private static func check(_ draft: LimitDraft, _ section: Section<LimitKey>) {
        guard draft.key == nil, section[.key] == nil else { return }
        if draft.keyMissing != .shared { section[.keyMissing]?.warning("has no effect without key") }
        if draft.maxKeys != LimitSettings.defaultMaxKeys { section[.maxKeys]?.warning("has no effect without key") }
    }

    /// Both sides of a boundary must leave time between them.
    private static func noteWideMargin(_ algorithm: LimitSettings.Algorithm, _ section: Section<LimitKey>) {
        guard case .calendarWindow(_, let per, let margin) = algorithm, margin + margin >= per else { return }
        (section[.margin] ?? section[.per])?.problem("expected margin to be less than half of per, found it longer")
    }

    /// `settings` as a file would have it.
    static func write(_ settings: LimitSettings, _ place: Place) -> JSONValue {
        let (name, figures) = settings.algorithm.written
        let draft = LimitDraft(
            name: settings.name, algorithm: name, figures: figures, onLimit: settings.onLimit,
            reserve: settings.reserve, key: settings.key.isEmpty ? nil : settings.key, keyMissing: settings.keyMissing,
            maxKeys: settings.maxKeys, tiers: settings.tiers, hostLoad: settings.hostLoad, isShared: settings.isShared)
        return .object(
            LimitKey.write(draft, place).members.filter { member in
                guard LimitKey(rawValue: member.name)?.figure != nil else { return true }
                // Tiers are written whole.
                return member.value != .null && settings.tiers == nil
            })
    }
}

/// Reads `host_load`.
enum HostLoadReader {
    static func read(_ cursor: Cursor) -> HostLoadSettings? {
        guard let section = Section<HostLoadKey>(cursor) else { return nil }
        let settings = HostLoadSettings(elevated: step(section[.elevated]), high: step(section[.high]))
        if let low = settings.elevated, let high = settings.high,
            high.cpu < low.cpu || high.memory < low.memory || high.factor > low.factor
        {
            section[.high]?.problem("expected high to begin no earlier than elevated and to leave no more than it")
        }
        return settings
    }

    private static func step(_ cursor: Cursor?) -> HostLoadSettings.Step? {
        guard let section = cursor.flatMap({ Section<LoadStepKey>($0) }) else { return nil }
        var step = LoadStepKey.standard
        section.read(into: &step)
        return section.isSound(.cpu, .memory, .factor) ? step : nil
    }
}

/// Notes each name that an earlier element of the same list has already.
func noteRepeatedNames(_ names: [(name: String?, cursor: Cursor?)]) {
    var seen: Set<String> = []
    for (name, cursor) in names {
        guard let name else { continue }
        if !seen.insert(name).inserted { cursor?.mismatch("a name of its own") }
    }
}
