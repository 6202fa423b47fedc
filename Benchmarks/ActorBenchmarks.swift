internal import NIOCore
internal import NIOPosix
internal import WeirCore
internal import WeirRuntime

/// What an admission costs on the loop, the actors included.
enum ActorBenchmarks {
    static var all: [Benchmark] {
        [
            .time("actors: three limits and the circuit, on their loop", budget: 500) { admissions() },
            .time("actors: the circuit alone, on its loop") {
                let loop = MultiThreadedEventLoopGroup.singleton.next()
                let breaker = CircuitBreaker(on: loop, settings: CircuitSettings(), seed: 1, emit: { _ in })
                return onLoop(loop) { pass(breaker, now: $0) }
            },
        ]
    }

    /// From a call's arrival to the end of its attempt.
    private static func admissions() -> (Int) -> Void {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let control = AdmissionControl(
            shared: LimitBenchmarks.three, endpoints: [[]], maxLength: 1024, shares: [1024])
        let limiter = RateLimiter(on: loop, control: control, sinks: [{ _ in }])
        let breaker = CircuitBreaker(on: loop, settings: CircuitSettings(), seed: 1, emit: { _ in })
        return onLoop(loop) { now in
            let demand = Demand(endpoint: 0, deadline: now)
            guard case .admitted(let admission) = limiter.onLoop({ $0.enter(demand, ready: true, now: now) })
            else { return }
            pass(breaker, now: now)
            limiter.onLoop { $0.release(admission, now: now) }
        }
    }

    private static func pass(_ breaker: CircuitBreaker, now: Instant) {
        guard case .permit(let permit) = breaker.onLoop({ $0.claim(now: now) }) else { return }
        breaker.onLoop { $0.report(permit, .success, now: now) }
    }

    /// One call every 8.4 ms of a virtual time that begins now.
    private static func onLoop(
        _ loop: any EventLoop, _ call: @escaping @Sendable (Instant) -> Void
    ) -> (Int) -> Void {
        var now = loop.instant
        return { count in
            let start = now
            now = start + .milliseconds(Int64(count) * 9)
            let done = loop.submit {
                for number in 0..<count { call(start + TimeSpan(nanoseconds: Int64(number) * 8_400_000)) }
            }
            try? done.wait()
        }
    }
}
