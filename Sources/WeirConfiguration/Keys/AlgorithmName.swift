internal import WeirCore

/// The algorithms as a file names them.
enum AlgorithmName: String, CaseIterable {
    case slidingWindow = "sliding_window"
    case tokenBucket = "token_bucket"
    case calendarWindow = "calendar_window"
    case spacing, concurrency

    /// The figures that it must have.
    var requiredKeys: [FigureKey] {
        switch self {
        case .slidingWindow, .calendarWindow: [.requests, .per]
        case .tokenBucket: [.rate, .burst]
        case .spacing: [.every]
        case .concurrency: [.max]
        }
    }

    /// The figures that it may have.
    var keys: [FigureKey] {
        switch self {
        case .slidingWindow, .calendarWindow, .spacing: requiredKeys + [.margin]
        case .tokenBucket, .concurrency: requiredKeys
        }
    }

    /// What it promises to an observer at the upstream.
    var promise: String {
        switch self {
        case .slidingWindow: "no half-open interval of length `per` ever holds more than `requests`, exactly"
        case .tokenBucket: "never more than `burst` + `rate` × t in any interval of length t"
        case .calendarWindow:
            "never more than `requests` in any interval aligned to a multiple of `per` in UTC;"
                + " what is sent within `margin` of a boundary counts on both sides"
        case .spacing: "never two attempts closer than `every`"
        case .concurrency: "never more than `max` in flight; every way an attempt can end gives the place back"
        }
    }

    /// The algorithm with these figures; nil where one is missing.
    func settings(_ figures: LimitFigures) -> LimitSettings.Algorithm? {
        let margin = figures.margin ?? LimitSettings.defaultMargin
        switch self {
        case .slidingWindow:
            guard let requests = figures.requests, let per = figures.per else { return nil }
            return .slidingWindow(requests: requests, per: per, margin: margin)
        case .calendarWindow:
            guard let requests = figures.requests, let per = figures.per else { return nil }
            return .calendarWindow(requests: requests, per: per, margin: margin)
        case .tokenBucket:
            guard let rate = figures.rate, let burst = figures.burst else { return nil }
            return .tokenBucket(rate: rate, burst: burst)
        case .spacing: return figures.every.map { .spacing(every: $0, margin: margin) }
        case .concurrency: return figures.max.map { .concurrency(max: $0) }
        }
    }
}

extension LimitSettings.Algorithm {
    /// Its name in a file, and its figures.
    var written: (name: AlgorithmName, figures: LimitFigures) {
        switch self {
        case .slidingWindow(let requests, let per, let margin):
            (.slidingWindow, LimitFigures(requests: requests, per: per, margin: margin))
        case .tokenBucket(let rate, let burst): (.tokenBucket, LimitFigures(rate: rate, burst: burst))
        case .calendarWindow(let requests, let per, let margin):
            (.calendarWindow, LimitFigures(requests: requests, per: per, margin: margin))
        case .spacing(let every, let margin): (.spacing, LimitFigures(margin: margin, every: every))
        case .concurrency(let max): (.concurrency, LimitFigures(max: max))
        }
    }

    /// The most units that it ever admits at once; nil where a call of any cost takes one.
    var capacity: Int? {
        switch self {
        case .slidingWindow(let requests, _, _), .calendarWindow(let requests, _, _): requests
        case .tokenBucket(_, let burst): burst
        case .spacing, .concurrency: nil
        }
    }

    /// How long a call may have to wait for one unit with nobody before it, and the key that says so; nil where time
    /// alone gives nothing back.
    var longestTurn: (span: TimeSpan, key: FigureKey)? {
        switch self {
        case .slidingWindow(_, let per, _), .calendarWindow(_, let per, _): (per, .per)
        case .tokenBucket(let rate, _):
            (TimeSpan(nanoseconds: rate.period.nanoseconds / max(1, rate.permits)), .rate)
        case .spacing(let every, _): (every, .every)
        case .concurrency: nil
        }
    }
}
