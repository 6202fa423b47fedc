enum LogKey: String, SectionKey {
    case level
}

/// Reads `log`.
enum LogReader {
    static func read(_ section: Section<LogKey>) -> LogOptions {
        var options = LogOptions()
        let levels = LogOptions.Level.allCases
        let expected = "one of " + levels.map(\.rawValue).joined(separator: ", ")
        let values = Dictionary(uniqueKeysWithValues: levels.map { ($0.rawValue, $0) })
        options.level = section[.level]?.choice(values, expected: expected) ?? options.level
        return options
    }
}
