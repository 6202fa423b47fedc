internal import NIOCore
internal import WeirCore
internal import WeirHTTP
package import WeirRuntime

/// How a provider goes on under another configuration, and how it ends.
extension Upstream {
    /// Goes on under other settings of the same name, in one turn of the loop.
    ///
    /// What is spent stays spent and circuits stay as they are, where the limit, or the endpoint, goes on; calls in line
    /// and in flight go on, those to endpoints that are gone as calls to `other`. Connections live on unless the provider
    /// is elsewhere now: then idle ones close, and those in use once they are done.
    ///
    /// - Parameters:
    ///   - place: where the provider is now.
    ///   - memory: where what happens from here on is kept, if it was kept before.
    ///   - sink: makes the sink for the events of an endpoint (its name, or "" for the upstream itself).
    package func reconfigure(
        _ changed: UpstreamSettings, place: UpstreamPlace, memory: (any UpstreamMemory)? = nil,
        sink: (String) -> EventSink
    ) {
        let now = now
        let acting = changed.acting
        let sinks = acting.endpoints.map { sink($0.name) }
        let upstreamSink = sink("")
        let from = acting.endpoints.map { endpoint(named: $0.name)?.index }
        generation &+= 1
        gate.change(isEnforcing: changed.mode == .enforce) {
            settings = changed
            let start = Self.fleetStart(fleet, acting, now: now)
            let moved = limiter.onLoop { limiter in
                if changed.mode == .off { limiter.liftHolds(now: now) }
                if let memory { limiter.keep { memory.journal(following: $0, now: now) } }
                return limiter.reconfigure(
                    shared: acting.limits, endpoints: acting.endpoints.map(\.limits),
                    maxLength: acting.line.maxLength, shares: acting.endpoints.map(\.line.maxLength),
                    mode: acting.admissionMode, sinks: sinks, upstreamSink: upstreamSink, from: from,
                    fleet: start, now: now)
            }
            arrange(acting, sinks: sinks, upstreamSink: upstreamSink, now: now)
            if let memory { keepCircuits(in: memory, now: now) }
            signals.follow(
                acting, sinks: sinks, upstreamSink: upstreamSink, from: from, moved: moved, now: now)
            retries.follow(acting.retry.budget, now: now)
            permits.upstreamSink = upstreamSink
            joinFleet()
            connect(to: place)
            (viaName, writer) = Self.writer(of: changed)
        }
    }

    /// Ends once its last call has: `whenDone` is called on the loop then. No call may be given to it any more.
    package func retire(whenDone: @escaping () -> Void) {
        retired = whenDone
        endIfRetired()
    }

    /// Leaves nothing behind that keeps it, or that it keeps. Not within the call that was the last: it has to end first.
    func endIfRetired() {
        guard calls == 0, retired != nil else { return }
        eventLoop.assumeIsolated().execute { [self] in
            guard calls == 0, let whenDone = retired else { return }
            retired = nil
            drain()
            permits.shutDown()
            whenDone()
        }
    }

    private func connect(to place: UpstreamPlace) {
        guard !place.isSame(as: pool.place) else {
            return pool.follow(settings.pool, place, timeout: settings.timeouts.connect, now: now)
        }
        let former = pool
        pool = Self.pool(of: settings, at: place, on: eventLoop)
        gate.use(pool)
        former.close()
        formerPools.append(former)
    }
}
