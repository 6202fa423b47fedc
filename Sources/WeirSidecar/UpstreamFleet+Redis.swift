internal import Logging
internal import WeirConfiguration
internal import WeirCore
internal import WeirMetrics
internal import WeirProxy
internal import WeirSharing

extension UpstreamFleet {
    /// The fleet that counts in the Redis of `shared`. Nothing is connected until the upstream shares a limit, perhaps
    /// after a reload.
    init(_ shared: SharedOptions, upstream name: String, catalogue: MetricCatalogue, log: Logger) {
        var log = log
        log[metadataKey: "upstream"] = "\(name)"
        let settings = FleetSettings(instances: shared.instances, slack: shared.commandTimeout)
        self.init(settings) { [log] limits, speaker, loop in
            let roundTrip = try? catalogue.sharedRoundTrip.series([name])
            return FleetLink(
                address: shared.redis, keys: FleetScript.keys(prefix: shared.keyPrefix, upstream: name, limits: limits),
                id: String(UInt64.random(in: .min ... .max), radix: 16), settings: settings, eventLoop: loop,
                speaker: speaker
            ) { event in
                switch event {
                case .answered(let time): roundTrip?.observe(UInt64(max(0, time.nanoseconds)))
                case .ended(let reason): log.info("no connection to Redis", metadata: ["reason": "\(reason)"])
                }
            }
        }
    }
}

extension UpstreamSettings {
    /// Whether any limit that acts is shared by a fleet.
    var sharesLimits: Bool {
        mode == .enforce && (limits + endpoints.flatMap(\.limits)).contains(where: \.isShared)
    }
}
