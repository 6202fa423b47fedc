package import NIOCore
internal import WeirCore

/// Everything that the exchange remembers and decides: quota, faults, latency and counts, with the time given.
package struct ExchangeBooks: Sendable {
    /// What was seen so far.
    package private(set) var report = ExchangeReport()
    private var window: ArrivalWindow
    private let faults: FaultSchedule
    private let start: NIODeadline
    private var jitter: SeededGenerator

    /// Latency of an answer without a fault, in microseconds.
    private static let latency: ClosedRange<Int64> = 2_000...8_000

    /// Books opened at `start`, from which the fault schedule counts.
    package init(quota: ExchangeQuota, faults: FaultSchedule, start: NIODeadline, seed: UInt64 = 1) {
        window = ArrivalWindow(quota: quota)
        self.faults = faults
        self.start = start
        jitter = SeededGenerator(seed: seed)
    }

    /// Decides on a request.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - target: The request target, with its query.
    ///   - now: When the request arrived, on the monotonic clock.
    ///   - wall: The same moment in milliseconds since 1970.
    package mutating func answer(
        method: String, target: String, at now: NIODeadline, wall: Int64
    ) -> ExchangeAnswer {
        report.arrivals += 1
        let verdict = window.arrive(at: now)
        let untilFree = verdict.nextFree - now
        var fields = quotaFields(verdict, untilFree: untilFree, wall: wall)
        let latency = TimeAmount.microseconds(.random(in: Self.latency, using: &jitter))

        guard verdict.isTaken else {
            report.overQuota += 1
            let seconds = max(1, (untilFree.nanoseconds + 999_999_999) / 1_000_000_000)
            fields.append(.init(name: "Retry-After", value: "\(seconds)"))
            return .init(
                status: 429, fields: fields,
                body: Self.body(code: 10006, message: "Too many visits.", result: "{}", wall: wall), delay: latency)
        }
        guard let endpoint = ExchangeEndpoint(method: method, target: target) else {
            return .init(
                status: 404, fields: fields,
                body: Self.body(code: 404, message: "No such operation.", result: "{}", wall: wall), delay: latency)
        }
        let good = Self.body(code: 0, message: "OK", result: endpoint.result(serial: report.arrivals), wall: wall)
        switch endpoint == .createOrder ? faults.fault(at: now - start) : .none {
        case .none:
            return .init(status: 200, fields: fields, body: good, delay: latency)
        case .slow(let extra):
            report.faults += 1
            return .init(status: 200, fields: fields, body: good, delay: latency + extra)
        case .status(let status):
            report.faults += 1
            return .init(
                status: status, fields: fields,
                body: Self.body(code: 10016, message: "Server error.", result: "{}", wall: wall), delay: latency)
        }
    }

    /// As Bybit has it, the reset stamp says "now" unless nothing remains.
    private func quotaFields(
        _ verdict: ArrivalWindow.Verdict, untilFree: TimeAmount, wall: Int64
    ) -> [ExchangeAnswer.Field] {
        let reset = verdict.remaining > 0 ? wall : wall + (untilFree.nanoseconds + 999_999) / 1_000_000
        return [
            .init(name: "X-Bapi-Limit", value: "\(window.quota.requests)"),
            .init(name: "X-Bapi-Limit-Status", value: "\(verdict.remaining)"),
            .init(name: "X-Bapi-Limit-Reset-Timestamp", value: "\(reset)"),
        ]
    }

    private static func body(code: Int, message: String, result: String, wall: Int64) -> String {
        #"{"retCode":\#(code),"retMsg":"\#(message)","result":\#(result),"retExtInfo":{},"time":\#(wall)}"#
    }
}
