internal import WeirCore

/// Keeps a cause that repeats itself from filling the log: one line of it in each interval, and how many were left out.
///
/// The last line of a burst is held rather than dropped, and told when its interval is over: what the log says last is
/// what happened last.
struct LogThrottle {
    /// Each cause has a line once in this time.
    static let interval = TimeSpan.seconds(1)
    /// Causes that are told apart at the same time; those beyond count as one.
    static let mostCauses = 1024

    private struct Cause {
        var quietUntil: Instant
        /// The last line that was held back, and how many were since the last one told.
        var held: LogRecord?
        var count = 0
    }

    private var causes: [String: Cause] = [:]

    /// How many causes are kept in mind.
    var count: Int { causes.count }

    /// What is to be written now of a line that came at `now`: it, or nothing.
    mutating func offer(_ record: LogRecord, now: Instant) -> LogRecord? {
        var name = record.cause
        if causes[name] == nil, causes.count >= Self.mostCauses { name = "" }
        guard let cause = causes[name], now < cause.quietUntil else {
            let missed = causes[name]?.count ?? 0
            causes[name] = Cause(quietUntil: now + Self.interval)
            return record.after(missed)
        }
        causes[name]?.held = record
        causes[name]?.count += 1
        return nil
    }

    /// The lines that have been held back for long enough at `now`, the oldest first. Causes at rest are forgotten.
    mutating func due(now: Instant) -> [LogRecord] {
        var lines: [LogRecord] = []
        for (name, cause) in causes where cause.quietUntil <= now {
            if let held = cause.held {
                lines.append(held.after(cause.count - 1))
                causes[name] = Cause(quietUntil: now + Self.interval)
            } else {
                causes[name] = nil
            }
        }
        return lines.sorted { $0.time < $1.time }
    }

    /// Every line that is held back, the oldest first; nothing is kept in mind.
    mutating func end() -> [LogRecord] {
        due(now: .distantFuture)
    }
}

extension LogRecord {
    /// What it is about: lines with the same cause take each other's place.
    fileprivate var cause: String {
        let apart: Set = ["upstream", "endpoint", "limit", "address"]
        let places = members.filter { apart.contains($0.key) }.map { "\($0.key)=\($0.value.text)" }
        return ([message] + places).joined(separator: "\n")
    }

    /// The same line where `missed` of its cause were left out before it.
    fileprivate func after(_ missed: Int) -> LogRecord {
        guard missed > 0 else { return self }
        var record = self
        record.members.append(("suppressed", .number(Double(missed))))
        return record
    }
}
