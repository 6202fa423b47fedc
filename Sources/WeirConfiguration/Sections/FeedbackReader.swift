internal import WeirCore

/// Reads `feedback`.
enum FeedbackReader {
    static func read(_ cursor: Cursor?) -> FeedbackSettings {
        switch cursor?.switchable(FeedbackKey.self) {
        case nil: return FeedbackSettings()
        case .off: return FeedbackKey.off
        case .on(let section):
            var settings = FeedbackSettings()
            section.read(into: &settings)
            settings.classify = (section[.classify]?.list() ?? []).compactMap(rule)
            return settings
        }
    }

    private static func rule(_ cursor: Cursor) -> ClassifyRule? {
        guard let section = Section<ClassifyKey>(cursor) else { return nil }
        var draft = ClassifyDraft()
        section.read(into: &draft)
        return draft.meaning.map { ClassifyRule(bodyContains: draft.bodyContains, as: $0) }
    }
}
