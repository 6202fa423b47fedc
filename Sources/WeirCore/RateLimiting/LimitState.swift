/// What has been used of one limit by one key. New, it is the same for every limit: nothing is used.
///
/// It belongs to the `LimitRules` that it was last used with, of whatever factor and wall clock; see there. At most 48
/// bytes; only a window that is in use holds more.
package struct LimitState: Sendable {
    private enum Content {
        case unused
        case log(StampLog)
        case bucket(TokenBucket.State)
        case spacing(Spacing.State)
        case concurrency(Concurrency)
    }

    private var content = Content.unused

    /// A state of which nothing is used.
    package init() {}

    /// The log of a window. It is moved out and back, so that it is never copied.
    @inline(__always)
    mutating func withLog<Result>(_ body: (inout StampLog) -> Result) -> Result {
        var taken = Content.unused
        swap(&taken, &content)
        var log = if case .log(let log) = consume taken { log } else { StampLog() }
        defer { content = .log(log) }
        return body(&log)
    }

    /// The log of a window, to be looked at; nil where there is none, or `body` says so.
    @inline(__always)
    func peekLog<Result>(_ body: (borrowing StampLog) -> Result?) -> Result? {
        switch content {
        case .log(let log): body(log)
        case .unused, .bucket, .spacing, .concurrency: nil
        }
    }

    var bucket: TokenBucket.State {
        get { if case .bucket(let bucket) = content { bucket } else { TokenBucket.State() } }
        set { content = .bucket(newValue) }
    }

    var spacing: Spacing.State {
        get { if case .spacing(let spacing) = content { spacing } else { Spacing.State() } }
        set { content = .spacing(newValue) }
    }

    var concurrency: Concurrency {
        get { if case .concurrency(let concurrency) = content { concurrency } else { Concurrency() } }
        set { content = .concurrency(newValue) }
    }
}
