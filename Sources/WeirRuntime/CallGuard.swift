internal import NIOCore
internal import Synchronization
public import WeirCore

/// Limits, circuit and retries around a service's own calls to one provider, without the proxy.
///
/// ```swift
/// let orders = await CallGuard(limiter: limiter, circuit: circuit, retry: RetrySettings())
///
/// let answer = try await orders.call(maxWait: .seconds(5), isRepeatable: true) { attempt in
///     let response = try await client.get("/v5/order/realtime")
///     return response.status >= 500
///         ? .failure(response, .status(response.status, retryAfter: nil))
///         : .success(response)
/// }
/// ```
///
/// Every attempt is admitted anew, in this order: a stop of the provider, the circuit, the limits or the line, and last
/// the circuit's probe slot; what the limits gave is given back exactly where that slot is gone. However an attempt ends
/// (it returns, throws or is cancelled), the circuit is told and the places in flight are free.
public final class CallGuard: Sendable {
    /// What an error that an attempt throws says of the provider; nil: nothing.
    public typealias Classification = @Sendable (any Error) -> AttemptFailure?

    private struct Retries: Sendable {
        var budget: RetryBudget
        var random: SeededGenerator
    }

    private let limiter: RateLimiter
    private let circuit: CircuitBreaker?
    private let endpoint: Int
    private let bypass: Bool
    private let planner: RetryPlanner
    private let classify: Classification
    private let retries: Mutex<Retries>

    /// A guard of the calls to one endpoint. It takes the circuit's `whenOpened`: those who wait in line when the circuit
    /// opens are refused at once.
    ///
    /// - Parameters:
    ///   - limiter: the limits and the line. Best on the loop of the circuit, where no call has to hop between them.
    ///   - endpoint: the endpoint's place in the limiter.
    ///   - circuit: the circuit; nil: none.
    ///   - bypassesCircuit: whether the calls pass an open circuit, as a health check does.
    ///   - retry: when a failed attempt is made again. The budget is that of the guard.
    ///   - seed: of the backoff's jitter.
    ///   - classify: what a thrown error says of the provider. A cancellation, and a refusal of ours, say nothing, whatever
    ///     this has to say; anything else is a broken connection where nothing is given.
    public init(
        limiter: RateLimiter, endpoint: Int = 0, circuit: CircuitBreaker?, bypassesCircuit: Bool = false,
        retry: RetrySettings, seed: UInt64 = .random(in: .min ... .max),
        classify: @escaping Classification = { _ in .unanswered(.network) }
    ) async {
        self.limiter = limiter
        self.endpoint = endpoint
        self.circuit = circuit
        self.bypass = bypassesCircuit
        self.planner = RetryPlanner(retry)
        self.classify = classify
        retries = Mutex(Retries(budget: RetryBudget(retry.budget), random: SeededGenerator(seed: seed)))
        guard let circuit, !bypassesCircuit else { return }
        await circuit.whenOpened { [weak circuit] in
            guard let circuit else { return }
            let now = circuit.executor.loop.instant
            let wait = circuit.onLoop { $0.refusal(now: now) } ?? .zero
            limiter.executor.loop.execute {
                limiter.onLoop { limiter in
                    limiter.refuse(Refusal(.circuitOpen, retryAfter: wait), now: now) { $0.endpoint == endpoint }
                }
            }
        }
    }

    /// How many retries the budget has room for now.
    public var retriesRemaining: Int {
        let now = now
        return retries.withLock { $0.budget.remaining(now: now) }
    }

    /// Makes a call: `attempt` once, and again where it failed in a way that the retry settings name.
    ///
    /// - Parameters:
    ///   - cost: units to take of every limit that counts them; at least 1.
    ///   - priority: the class in line.
    ///   - keys: the call's keys, made by the endpoint's `Keying`; none where no limit of it is keyed.
    ///   - maxWait: the longest time until the last attempt is admitted, backoff included.
    ///   - isRepeatable: whether the provider may see the call twice.
    ///   - attempt: one attempt; it is given its number, from 1.
    /// - Returns: what the last attempt came to.
    /// - Throws: `Refusal` where no attempt was admitted; what the last attempt threw; `CancellationError` where the task
    ///   was cancelled while it waited.
    public func call<Value>(
        cost: Int = 1, priority: Priority = .normal, keys: CallKeys = .none, maxWait: TimeSpan = .seconds(10),
        isRepeatable: Bool = false, isolation: isolated (any Actor)? = #isolation,
        _ attempt: (Int) async throws -> AttemptResult<Value>
    ) async throws -> Value {
        let deadline = now + maxWait
        let demand = Demand(endpoint: endpoint, cost: cost, priority: priority, keys: keys, deadline: deadline)
        var last: Result<Value, any Error>?
        var owesRetry = false
        for number in 1... {
            let pass: Pass
            do {
                pass = try await enter(demand)
            } catch {
                if owesRetry { giveBackRetry() }
                // The provider's own answer tells more than a refusal of the retry.
                guard let last, !(error is CancellationError) else { throw error }
                return try last.get()
            }
            recordAttempt(number, isRetry: owesRetry)
            owesRetry = false
            let failure: AttemptFailure?
            do {
                let result = try await attempt(number)
                failure = result.failure
                last = .success(result.value)
                await leave(pass, result.outcome)
            } catch {
                let isOurs = error is CancellationError || error is Refusal || Task.isCancelled
                failure = isOurs ? nil : classify(error)
                last = .failure(error)
                await leave(pass, failure == nil ? .ignored : .failure)
            }
            guard let failure, let moment = await retry(after: failure, number, isRepeatable, demand) else { break }
            owesRetry = moment.isReserved
            do {
                try await wait(until: moment.time)
            } catch {
                if owesRetry { giveBackRetry() }
                throw error
            }
        }
        guard let last else { throw CancellationError() }
        return try last.get()
    }

    // MARK: One attempt

    /// What an attempt under way has taken.
    private struct Pass: Sendable {
        let admission: Admission
        let permit: CircuitPermit?
    }

    /// Nothing has been taken where it throws.
    private func enter(_ demand: Demand) async throws -> Pass {
        try Task.checkCancellation()
        let arrival = now
        if let refusal = await limiter.frozenRefusal(demand, now: arrival) { throw refusal }
        if let wait = await circuit?.refusal(bypass: bypass, now: arrival) { throw await circuitOpen(wait) }
        let admission: Admission
        do {
            admission = try await limiter.acquire(
                endpoint: endpoint, cost: demand.cost, priority: demand.priority, keys: demand.keys,
                maxWait: demand.deadline - arrival)
        } catch let refusal as Refusal where refusal.reason == .circuitOpen {
            throw await circuitOpen(refusal.retryAfter)
        }
        let now = now
        guard !Task.isCancelled else {
            await limiter.giveBack(admission, now: now)
            throw CancellationError()
        }
        switch await circuit?.claim(bypass: bypass, now: now) {
        case .permit(let permit):
            return Pass(admission: admission, permit: permit)
        case nil:
            return Pass(admission: admission, permit: nil)
        case .refused(let wait):
            await limiter.giveBack(admission, now: now)
            throw await circuitOpen(wait)
        }
    }

    private func leave(_ pass: Pass, _ outcome: Outcome) async {
        let now = now
        if let permit = pass.permit { await circuit?.report(permit, outcome, now: now) }
        await limiter.release(pass.admission, now: now)
    }

    private func circuitOpen(_ wait: TimeSpan) async -> Refusal {
        await limiter.emit(.circuitRefused, .endpoint(endpoint))
        return Refusal(.circuitOpen, retryAfter: wait)
    }

    // MARK: Retries

    /// When the next attempt is due, and whether it has a place in the budget; nil: there is none.
    private func retry(
        after failure: AttemptFailure, _ attempts: Int, _ isRepeatable: Bool, _ demand: Demand
    ) async -> (time: Instant, isReserved: Bool)? {
        let now = now
        let state = await circuit?.snapshot(now: now).state
        let circumstances = RetryCircumstances(
            attempts: attempts, isRepeatable: isRepeatable, circuitIsClosed: state == nil || state == .closed,
            projectedAdmission: await limiter.projection(demand, now: now), deadline: demand.deadline)
        let plan = retries.withLock {
            planner.plan(after: failure, circumstances, now: now, budget: &$0.budget, random: &$0.random)
        }
        switch plan {
        case .retry(let time, _): return (time, true)
        case .replay: return (now, false)
        case .stop: return nil
        }
    }

    private func recordAttempt(_ number: Int, isRetry: Bool) {
        let now = now
        retries.withLock {
            if number == 1 { $0.budget.recordCall(now: now) }
            if isRetry { $0.budget.sent(now: now) }
        }
    }

    private func giveBackRetry() {
        retries.withLock { $0.budget.giveBack() }
    }

    // MARK: Time

    private var now: Instant { limiter.executor.loop.instant }

    private func wait(until moment: Instant) async throws {
        let timer = limiter.executor.loop.scheduleTask(deadline: moment.deadline) {}
        try await withTaskCancellationHandler {
            do {
                try await timer.futureResult.get()
            } catch {
                throw CancellationError()
            }
        } onCancel: {
            timer.cancel()
        }
    }
}
