internal import WeirCore

/// A limit as a file gives it: its figures are not yet those of an algorithm.
struct LimitDraft {
    var name = ""
    var algorithm: AlgorithmName?
    var figures = LimitFigures()
    var onLimit = LimitSettings.OnLimit.wait
    var reserve = 0.0
    var key: [KeySource]?
    var keyMissing = LimitSettings.KeyMissing.shared
    var maxKeys = LimitSettings.defaultMaxKeys
    var tiers: Tiers?
    var hostLoad: HostLoadSettings?
    var isShared = false
}

/// The figures of any algorithm.
struct LimitFigures: Equatable {
    var requests: Int?
    var per: TimeSpan?
    var margin: TimeSpan?
    var rate: Rate?
    var burst: Int?
    var every: TimeSpan?
    var max: Int?

    /// These, and those of `other` where these have none.
    func over(_ other: LimitFigures) -> LimitFigures {
        LimitFigures(
            requests: requests ?? other.requests, per: per ?? other.per, margin: margin ?? other.margin,
            rate: rate ?? other.rate, burst: burst ?? other.burst, every: every ?? other.every, max: max ?? other.max)
    }
}

/// The keys of a limit.
enum LimitKey: String, SectionKey {
    case name, algorithm, requests, per, margin, rate, burst, every, max
    case onLimit = "on_limit"
    case reserve, key
    case keyMissing = "key_missing"
    case maxKeys = "max_keys"
    case tiers
    case hostLoad = "host_load"
    case shared

    static let title = "limit"
    static var standard: LimitDraft { LimitDraft() }

    /// The figure that this key is; nil: it is none.
    var figure: FigureKey? { FigureKey(rawValue: rawValue) }

    var field: Field<LimitDraft> {
        if let figure { return figure.field.within(\.figures) }
        return switch self {
        case .name: Field(\.name, .name, isRequired: true, "the `limit` label and the `Weir-Limit` header")
        case .algorithm:
            Field(\.algorithm, orNull: .word, isRequired: true, "what it promises; see [algorithms](#algorithms)")
        case .onLimit:
            Field(\.onLimit, .choice([("wait", .wait), ("reject", .reject)]), "what a call does that has to wait")
        case .reserve: Field(\.reserve, .number(.properShare), "share that only calls of priority `critical` may use")
        case .key: Field(\.key, orNull: .keySources, "whose calls count together; null: all; a list combines")
        case .keyMissing:
            Field(
                \.keyMissing, .choice([("shared", .shared), ("skip", .skip), ("reject", .reject)]),
                "a call without its key: one common key, the limit does not apply, or 400")
        case .maxKeys: Field(\.maxKeys, .integer(1...100_000_000), "keys held; the longest idle goes first")
        case .tiers:
            .structure(
                "[tiers](#tiers) or null", schema: .reference("tiers"), hasDefault: true,
                "other figures for other classes of callers"
            ) { draft, place in draft.tiers.map { TiersReader.write($0, place) } ?? .null }
        case .hostLoad:
            .structure(
                "[host_load](#host_load) or null", schema: .reference(HostLoadKey.title), hasDefault: true,
                "how it shrinks while this host is busy"
            ) { draft, place in draft.hostLoad.map { HostLoadKey.write($0, place) } ?? .null }
        default: Field(\.isShared, .flag, "whether the quota is shared by a fleet; needs `shared` at the top")
        }
    }
}

/// The keys that hold the figures of an algorithm.
enum FigureKey: String, SectionKey {
    case requests, per, margin, rate, burst, every, max

    static let title = "figures"
    static var standard: LimitFigures { LimitFigures() }

    /// What a limit may hold at most: 1,000,000,000 units.
    private static var units: Kind<Int> { .integer(1...1_000_000_000) }

    var field: Field<LimitFigures> {
        let plain: Field<LimitFigures> =
            switch self {
            case .requests: Field(\.requests, orNull: Self.units, "units in the window")
            case .per: Field(\.per, orNull: .positiveDuration, "the length of the window")
            case .margin: Field(\.margin, orNull: .duration, "for the jitter between our sending and their receiving")
            case .rate: Field(\.rate, orNull: .rate, "units regained")
            case .burst: Field(\.burst, orNull: Self.units, "units at once")
            case .every: Field(\.every, orNull: .positiveDuration, "the least time between two attempts")
            case .max: Field(\.max, orNull: Self.units, "attempts in flight")
            }
        let names = AlgorithmName.allCases.filter { $0.keys.contains(self) }.map { "`\($0.rawValue)`" }
        return plain.describing { "\(names.joined(separator: ", ")): \($0)" }
    }
}

/// The keys of `host_load`.
enum HostLoadKey: String, SectionKey {
    case elevated, high

    static let title = "host_load"
    static var standard: HostLoadSettings { HostLoadSettings() }

    var field: Field<HostLoadSettings> {
        switch self {
        case .elevated: Self.step(\.elevated, "a busy host")
        case .high: Self.step(\.high, "a very busy one")
        }
    }

    private static func step(
        _ path: WritableKeyPath<HostLoadSettings, HostLoadSettings.Step?>, _ doc: String
    ) -> Field<HostLoadSettings> {
        .structure("[step](#step) or null", schema: .reference(LoadStepKey.title), hasDefault: true, doc) {
            settings, place in
            settings[keyPath: path].map { LoadStepKey.write($0, place) } ?? .null
        }
    }
}

/// The keys of a step of `host_load`.
enum LoadStepKey: String, SectionKey {
    case cpu, memory, factor

    static let title = "step"
    static var standard: HostLoadSettings.Step { HostLoadSettings.Step(cpu: 1, memory: 1, factor: 1) }

    var field: Field<HostLoadSettings.Step> {
        switch self {
        case .cpu:
            Field(
                \.cpu, .number(.positiveShare), isRequired: true, "share of the processors in use from which it holds")
        case .memory:
            Field(\.memory, .number(.positiveShare), isRequired: true, "share of the memory in use from which it holds")
        case .factor:
            Field(\.factor, .number(.positiveShare), isRequired: true, "what the limit is multiplied by while it holds")
        }
    }
}
