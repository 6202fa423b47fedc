internal import WeirCore

/// The keys of `retry`.
enum RetryKey: String, SectionKey {
    case maxAttempts = "max_attempts"
    case initialDelay = "initial_delay"
    case multiplier
    case maxDelay = "max_delay"
    case jitter, methods, statuses, on, budget
    case maxBody = "max_body"

    static let title = "retry"
    static var standard: RetrySettings { RetrySettings() }

    /// What only an upstream's `retry` may say.
    static let ofUpstream: Set<RetryKey> = [.budget]

    var field: Field<RetrySettings> {
        switch self {
        case .maxAttempts: Field(\.maxAttempts, .integer(1...100), "attempts of a call; 1 turns retries off")
        case .initialDelay: Field(\.initialDelay, .positiveDuration, "before the first retry")
        case .multiplier: Field(\.multiplier, .number(.within(1...100)), "each further delay is longer by this")
        case .maxDelay: Field(\.maxDelay, .positiveDuration, "no delay is longer, jitter included")
        case .jitter: Field(\.jitter, .number(.within(0...1)), "± share of the delay")
        case .methods:
            Field(
                \.methods, .list(of: .method, twice: "this method is given twice"),
                "what may be sent again; others only with an `Idempotency-Key` header")
        case .statuses:
            Field(\.statuses, .statuses, "answers that are tried again")
        case .on: Field(\.on, .causes, "failures without an answer that are tried again")
        case .budget:
            Field(
                \.budget, RetryBudgetKey.self,
                "how many retries all calls of the upstream make together; not in an endpoint")
        case .maxBody: Field(\.maxBody, .size, "a longer request body is never sent again")
        }
    }
}

/// The keys of `retry.budget`.
enum RetryBudgetKey: String, SectionKey {
    case ratio
    case minPerSecond = "min_per_second"
    case window

    static let title = "budget"
    static var standard: RetryBudgetSettings { RetryBudgetSettings() }

    var field: Field<RetryBudgetSettings> {
        switch self {
        case .ratio: Field(\.ratio, .number(.within(0...1)), "retries per call over the window")
        case .minPerSecond: Field(\.minPerSecond, .number(.within(0...1_000_000)), "retries that are always allowed")
        case .window: Field(\.window, .positiveDuration, "sliding window over which calls and retries count")
        }
    }
}

extension Kind where Value == [Int] {
    /// Statuses of answers that went wrong.
    static var statuses: Kind {
        .list(of: .integer(400...599), twice: "this status is given twice")
    }
}

extension Kind where Value == Set<RetryCause> {
    /// Failures without an answer.
    static var causes: Kind {
        let list = Kind<[RetryCause]>.list(of: .word, twice: "this is given twice")
        return Kind(
            takes: list.takes, schema: list.schema, isScalar: false, read: { list.read($0).map { Set($0) } },
            write: { causes in list.write(RetryCause.allCases.filter(causes.contains)) })
    }
}
