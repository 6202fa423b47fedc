internal import WeirCore

enum LimitKey: String, SectionKey {
    case name, algorithm, requests, per, margin, rate, burst
    case onLimit = "on_limit"
}

/// A limit as it was read.
struct ReadLimit {
    /// Nil where some of it is wrong.
    var settings: LimitSettings?
    var name: String?
    var section: Section<LimitKey>
}

/// Reads a list of limits.
enum LimitReader {
    private enum Kind: String, CaseIterable {
        case slidingWindow = "sliding_window"
        case tokenBucket = "token_bucket"

        /// The keys that only this algorithm has.
        var keys: [LimitKey] {
            switch self {
            case .slidingWindow: [.requests, .per, .margin]
            case .tokenBucket: [.rate, .burst]
            }
        }
    }

    /// What a limit may hold at most: 1,000,000,000 units.
    private static let units = 1...1_000_000_000

    /// All limits of `cursor`, each name once.
    static func list(_ cursor: Cursor?) -> [ReadLimit] {
        let limits = (cursor?.list() ?? []).compactMap { Section<LimitKey>($0) }.map(read)
        noteRepeatedNames(limits.map { ($0.name, $0.section[.name]) })
        return limits
    }

    private static func read(_ section: Section<LimitKey>) -> ReadLimit {
        let name = section.required(.name)?.name()
        let onLimit = section[.onLimit]?.choice(
            ["wait": LimitSettings.OnLimit.wait, "reject": .reject], expected: "wait or reject")
        var settings: LimitSettings?
        if let kind = kind(section) {
            noteForeignKeys(section, kind)
            if let algorithm = algorithm(section, kind) {
                settings = name.map { LimitSettings(name: $0, algorithm: algorithm, onLimit: onLimit ?? .wait) }
            }
        }
        return ReadLimit(settings: settings, name: name, section: section)
    }

    private static func kind(_ section: Section<LimitKey>) -> Kind? {
        let kinds = Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0.rawValue, $0) })
        return section.required(.algorithm)?.choice(
            kinds, later: Later.algorithms, expected: "sliding_window or token_bucket")
    }

    private static func algorithm(_ section: Section<LimitKey>, _ kind: Kind) -> LimitSettings.Algorithm? {
        switch kind {
        case .slidingWindow:
            let requests = section.required(.requests)?.integer(units)
            let per = section.required(.per)?.positiveDuration()
            let margin = section[.margin].map { $0.duration() } ?? LimitSettings.defaultMargin
            guard let requests, let per, let margin else { return nil }
            return .slidingWindow(requests: requests, per: per, margin: margin)
        case .tokenBucket:
            let rate = section.required(.rate)?.read(RateText.expected) { text throws(Mismatch) in
                try RateText.parse(text)
            }
            let burst = section.required(.burst)?.integer(units)
            guard let rate, let burst else { return nil }
            return .tokenBucket(rate: rate, burst: burst)
        }
    }

    private static func noteForeignKeys(_ section: Section<LimitKey>, _ kind: Kind) {
        for other in Kind.allCases where other != kind {
            for key in other.keys {
                section[key]?.problem("is a key of \(other.rawValue), not of \(kind.rawValue)")
            }
        }
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
