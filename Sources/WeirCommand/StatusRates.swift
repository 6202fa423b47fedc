internal import WeirSidecar

/// Calls per second between two statuses of one Weir.
struct StatusRates {
    private let before: [String: StatusReport.Endpoint]
    private let seconds: Double

    /// `nil` where the later one is of a Weir that was started anew, or of the same moment.
    init?(from before: StatusReport, to after: StatusReport) {
        seconds = after.uptimeSeconds - before.uptimeSeconds
        guard seconds > 0 else { return nil }
        var endpoints: [String: StatusReport.Endpoint] = [:]
        for upstream in before.upstreams {
            for endpoint in upstream.endpoints { endpoints["\(upstream.name)/\(endpoint.name)"] = endpoint }
        }
        self.before = endpoints
    }

    /// How much a count of an endpoint grew each second.
    func rate(
        of upstream: String, _ endpoint: StatusReport.Endpoint, _ count: (StatusReport.Endpoint) -> UInt64
    ) -> Double {
        guard let earlier = before["\(upstream)/\(endpoint.name)"] else { return 0 }
        let (now, then) = (count(endpoint), count(earlier))
        return now > then ? Double(now - then) / seconds : 0
    }
}
