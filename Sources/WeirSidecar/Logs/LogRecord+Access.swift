internal import FoundationEssentials
internal import Logging
internal import WeirCore
internal import WeirProxy
internal import WeirRuntime

extension LogRecord {
    /// The line of a call that has ended: what it does not have is left out.
    init(_ call: AccessRecord, time: Date) {
        self.init(time: time, level: .info, message: "access", source: "WeirProxy")
        add("upstream", call.upstream)
        add("endpoint", call.endpoint)
        add("method", call.method)
        add("path", call.path)
        if let status = call.status { members.append(("status", .number(Double(status)))) }
        add("outcome", call.outcome.label)
        add("reason", call.reason)
        add("limit", call.limit)
        members.append(("attempts", .number(Double(call.attempts))))
        members.append(("wait_ms", .number(call.waited.inMilliseconds)))
        members.append(("duration_ms", .number(call.duration.inMilliseconds)))
    }

    private mutating func add(_ key: String, _ text: String?) {
        if let text { members.append((key, .text(text))) }
    }
}

extension TimeSpan {
    /// Milliseconds, to the microsecond.
    fileprivate var inMilliseconds: Double {
        (Double(nanoseconds) / 1e3).rounded() / 1e3
    }
}
