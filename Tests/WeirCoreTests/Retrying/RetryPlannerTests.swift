import Testing
import WeirCore

@Suite("Retry planner")
struct RetryPlannerTests {
    /// A planner with a budget and dice of its own. `word` is what every throw of the dice gives; the middle is no
    /// jitter.
    final class Desk {
        struct Loaded: RandomNumberGenerator {
            var word: UInt64
            mutating func next() -> UInt64 { word }
        }

        let planner: RetryPlanner
        var budget: RetryBudget
        var dice: Loaded

        init(_ settings: RetrySettings = RetrySettings(), word: UInt64 = 1 << 63) {
            planner = RetryPlanner(settings)
            budget = RetryBudget(settings.budget)
            dice = Loaded(word: word)
        }

        func plan(_ failure: AttemptFailure, _ call: RetryCircumstances, now: Instant = at(0)) -> RetryPlan {
            planner.plan(after: failure, call, now: now, budget: &budget, random: &dice)
        }

        func wait(attempts: Int) -> TimeSpan? {
            let plan = plan(.unanswered(.network), RetryCircumstances(attempts: attempts))
            guard case .retry(let moment, _) = plan else { return nil }
            budget.giveBack()
            return moment - at(0)
        }
    }

    private static func settings(_ change: (inout RetrySettings) -> Void) -> RetrySettings {
        var settings = RetrySettings()
        change(&settings)
        return settings
    }

    // MARK: What is tried again

    @Test("Each status that the settings name is tried again", arguments: [429, 500, 502, 503, 504])
    func namedStatuses(status: Int) {
        let plan = Desk().plan(.status(status, retryAfter: nil), RetryCircumstances(attempts: 1))
        #expect(plan == .retry(at: at(1000), reason: .status))
    }

    @Test("No other status is", arguments: [200, 400, 401, 404, 418, 428, 430, 499, 501, 505])
    func otherStatuses(status: Int) {
        let plan = Desk().plan(.status(status, retryAfter: .seconds(1)), RetryCircumstances(attempts: 1))
        #expect(plan == .stop(.notNamed))
    }

    @Test("A failure without an answer is tried again where the settings name it", arguments: RetryCause.allCases)
    func namedCauses(cause: RetryCause) {
        let call = RetryCircumstances(attempts: 1)
        #expect(Desk().plan(.unanswered(cause), call) == .retry(at: at(1000), reason: RetryReason(cause)))
        let without = Self.settings { $0.on.remove(cause) }
        #expect(Desk(without).plan(.unanswered(cause), call) == .stop(.notNamed))
    }

    @Test("The reason carries the name of the cause", arguments: RetryCause.allCases)
    func reasons(cause: RetryCause) {
        #expect(RetryReason(cause).rawValue == cause.rawValue)
    }

    @Test("A call is repeatable because of its method, or of its key whatever the method")
    func repeatable() {
        let planner = RetryPlanner(RetrySettings())
        for method in ["GET", "HEAD", "OPTIONS"] {
            #expect(planner.isRepeatable(method: method, hasIdempotencyKey: false))
        }
        for method in ["POST", "PUT", "DELETE", "PATCH", "get"] {
            #expect(!planner.isRepeatable(method: method, hasIdempotencyKey: false))
            #expect(planner.isRepeatable(method: method, hasIdempotencyKey: true))
        }
    }

    @Test("A call that is not repeatable is not tried again, not even because of a stale connection")
    func notRepeatable() {
        let call = RetryCircumstances(attempts: 1, isRepeatable: false)
        #expect(Desk().plan(.status(503, retryAfter: nil), call) == .stop(.notRepeatable))
        #expect(Desk().plan(.reusedConnectionClosed, call) == .stop(.notRepeatable))
    }

    @Test("A body is kept up to max_body, and a call without its body is not tried again")
    func body() {
        let planner = RetryPlanner(RetrySettings())
        #expect(planner.holdsBody(bytes: 65_536))
        #expect(!planner.holdsBody(bytes: 65_537))
        let call = RetryCircumstances(attempts: 1, holdsBody: false)
        #expect(Desk().plan(.unanswered(.connect), call) == .stop(.bodyNotHeld))
        #expect(Desk().plan(.reusedConnectionClosed, call) == .stop(.bodyNotHeld))
    }

    @Test("Attempts end at max_attempts")
    func attempts() {
        #expect(Desk().wait(attempts: 2) != nil)
        let last = RetryCircumstances(attempts: 3)
        #expect(Desk().plan(.status(503, retryAfter: nil), last) == .stop(.attemptsUsed))
    }

    @Test("max_attempts 1 turns retries off")
    func off() {
        let settings = Self.settings { $0.maxAttempts = 1 }
        #expect(!RetryPlanner(settings).isOn)
        #expect(RetryPlanner(Self.settings { $0.maxAttempts = 2 }).isOn)
        let call = RetryCircumstances(attempts: 1)
        #expect(Desk(settings).plan(.unanswered(.connect), call) == .stop(.attemptsUsed))
        #expect(Desk(settings).plan(.reusedConnectionClosed, call) == .stop(.attemptsUsed))
    }

    @Test("Nothing is tried again unless the circuit is CLOSED after the failure")
    func circuit() {
        let call = RetryCircumstances(attempts: 1, circuitIsClosed: false)
        #expect(Desk().plan(.status(503, retryAfter: nil), call) == .stop(.circuitNotClosed))
        #expect(Desk().plan(.reusedConnectionClosed, call) == .stop(.circuitNotClosed))
    }

    @Test("Once a response head has gone to the caller nothing is tried again")
    func answered() {
        let call = RetryCircumstances(attempts: 1, hasAnswered: true)
        #expect(Desk().plan(.unanswered(.network), call) == .stop(.answered))
        #expect(Desk().plan(.reusedConnectionClosed, call) == .stop(.answered))
    }

    // MARK: When

    @Test("The backoff doubles from initial_delay up to max_delay")
    func exponential() {
        let desk = Desk(
            Self.settings {
                $0.maxAttempts = 100
                $0.jitter = 0
            })
        let seconds: [Int64] = [1, 2, 4, 8, 16, 30, 30]
        for (retry, expected) in seconds.enumerated() {
            #expect(desk.wait(attempts: retry + 1) == .seconds(expected))
        }
        #expect(desk.wait(attempts: 99) == .seconds(30))
    }

    @Test("A multiplier of 1 keeps the backoff as it is, one below 1 too")
    func constant() {
        for multiplier in [1, 0.5, -3] {
            let desk = Desk(
                Self.settings {
                    $0.maxAttempts = 10
                    $0.jitter = 0
                    $0.multiplier = multiplier
                })
            #expect(desk.wait(attempts: 1) == .seconds(1))
            #expect(desk.wait(attempts: 9) == .seconds(1))
        }
    }

    @Test("The jitter spreads the backoff over ± its share, ends included")
    func jitterRange() {
        #expect(Desk(word: 0).wait(attempts: 1) == .milliseconds(750))
        #expect(Desk(word: .max).wait(attempts: 1) == .milliseconds(1250))
        #expect(Desk(word: 0).wait(attempts: 2) == .milliseconds(1500))
        #expect(Desk(word: .max).wait(attempts: 2) == .milliseconds(2500))
    }

    @Test("No backoff is longer than max_delay, and those that would be do not gather there")
    func jitterAtTheCap() {
        let settings = Self.settings { $0.maxAttempts = 100 }
        #expect(Desk(settings, word: .max).wait(attempts: 50) == .seconds(30))
        #expect(Desk(settings, word: 0).wait(attempts: 50) == .milliseconds(22_500))
        #expect(Desk(settings, word: 1 << 63).wait(attempts: 50) == .milliseconds(26_250))
    }

    @Test("The jitter is even: each tenth of the range gets its tenth of the calls")
    func jitterIsEven() {
        let planner = RetryPlanner(RetrySettings())
        var random = SeededGenerator(seed: 1)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            var budget = RetryBudget(RetryBudgetSettings())
            let plan = planner.plan(
                after: .unanswered(.network), RetryCircumstances(attempts: 1), now: at(0), budget: &budget,
                random: &random)
            guard case .retry(let moment, _) = plan else { continue }
            counts[min(9, Int((moment.nanoseconds - 750_000_000) / 50_000_000))] += 1
        }
        #expect(counts.reduce(0, +) == 10_000)
        #expect(counts.allSatisfy { (850...1150).contains($0) }, "\(counts)")
    }

    @Test("Settings as absurd as may be give a wait and no trap")
    func absurd() {
        for multiplier in [0, 1e308, .infinity, .nan] {
            for delay in [TimeSpan.zero, TimeSpan(nanoseconds: .max), TimeSpan(nanoseconds: .min)] {
                for jitter in [0, 1, 1e300, -1, Double.nan] {
                    let settings = Self.settings {
                        $0.maxAttempts = .max
                        $0.multiplier = multiplier
                        $0.initialDelay = delay
                        $0.maxDelay = delay
                        $0.jitter = jitter
                    }
                    let wait = Desk(settings, word: .max).wait(attempts: 3000)
                    #expect(wait.map { $0 >= .zero && $0 <= max(.zero, delay) } == true)
                }
            }
        }
    }

    @Test("Retry-After replaces the backoff when it is longer, and only then")
    func retryAfter() {
        func plan(_ after: TimeSpan) -> RetryPlan {
            Desk().plan(.status(503, retryAfter: after), RetryCircumstances(attempts: 1))
        }
        #expect(plan(.milliseconds(999)) == .retry(at: at(1000), reason: .status))
        #expect(plan(.milliseconds(1001)) == .retry(at: at(1001), reason: .status))
        #expect(plan(.seconds(7)) == .retry(at: at(7000), reason: .status))
    }

    @Test("A retry at the deadline is made, one after it is not")
    func deadline() {
        func plan(deadline: Int64, projected: Int64 = 0) -> RetryPlan {
            Desk().plan(
                .status(503, retryAfter: nil),
                RetryCircumstances(attempts: 1, projectedAdmission: at(projected), deadline: at(deadline)))
        }
        #expect(plan(deadline: 1000) == .retry(at: at(1000), reason: .status))
        #expect(plan(deadline: 999) == .stop(.deadline))
        #expect(plan(deadline: 2000, projected: 2000) == .retry(at: at(1000), reason: .status))
        #expect(plan(deadline: 2000, projected: 2001) == .stop(.deadline))
    }

    @Test("A Retry-After beyond the deadline ends the call at once")
    func retryAfterBeyondDeadline() {
        let call = RetryCircumstances(attempts: 1, deadline: at(30_000))
        #expect(Desk().plan(.status(429, retryAfter: .seconds(31)), call) == .stop(.deadline))
        #expect(Desk().plan(.status(429, retryAfter: .seconds(7 * 86_400)), call) == .stop(.deadline))
        #expect(
            Desk().plan(.status(429, retryAfter: .seconds(30)), call) == .retry(at: at(30_000), reason: .status))
    }

    // MARK: The budget

    @Test("The budget is asked last: what is not tried again for another reason takes nothing of it")
    func budgetIsAskedLast() {
        let desk = Desk()
        let before = desk.budget.remaining(now: at(0))
        for call in [
            RetryCircumstances(attempts: 3), RetryCircumstances(attempts: 1, isRepeatable: false),
            RetryCircumstances(attempts: 1, circuitIsClosed: false), RetryCircumstances(attempts: 1, deadline: at(0)),
        ] {
            _ = desk.plan(.status(503, retryAfter: nil), call)
        }
        #expect(desk.budget.remaining(now: at(0)) == before)
        _ = desk.plan(.status(503, retryAfter: nil), RetryCircumstances(attempts: 1))
        #expect(desk.budget.remaining(now: at(0)) == before - 1)
        #expect(desk.budget.inBackoff == 1)
    }

    @Test("Without room in the budget the call is not tried again")
    func exhausted() {
        let desk = Desk(Self.settings { $0.budget = RetryBudgetSettings(ratio: 0, minPerSecond: 0.1) })
        let call = RetryCircumstances(attempts: 1)
        #expect(desk.plan(.unanswered(.connect), call) == .retry(at: at(1000), reason: .connect))
        #expect(desk.plan(.unanswered(.connect), call) == .stop(.budgetExhausted))
        desk.budget.giveBack()
        #expect(desk.plan(.unanswered(.connect), call) == .retry(at: at(1000), reason: .connect))
    }

    // MARK: The replay

    /// An idle connection closed by the provider lost the next call.
    @Test("haproxy#1423, envoy#1979: met a stale connection: replayed at once, whatever `on` and the budget say")
    func replay() {
        let desk = Desk(
            Self.settings {
                $0.on = []
                $0.budget = RetryBudgetSettings(ratio: 0, minPerSecond: 0)
            })
        #expect(desk.plan(.reusedConnectionClosed, RetryCircumstances(attempts: 1)) == .replay)
        #expect(desk.budget.inBackoff == 0)
    }

    @Test("A replay counts as an attempt and keeps to the deadline")
    func replayIsAnAttempt() {
        #expect(Desk().plan(.reusedConnectionClosed, RetryCircumstances(attempts: 2)) == .replay)
        #expect(Desk().plan(.reusedConnectionClosed, RetryCircumstances(attempts: 3)) == .stop(.attemptsUsed))
        func plan(now: Int64, projected: Int64) -> RetryPlan {
            let call = RetryCircumstances(attempts: 1, projectedAdmission: at(projected), deadline: at(50))
            return Desk().plan(.reusedConnectionClosed, call, now: at(now))
        }
        #expect(plan(now: 50, projected: 0) == .replay)
        #expect(plan(now: 51, projected: 0) == .stop(.deadline))
        #expect(plan(now: 0, projected: 50) == .replay)
        #expect(plan(now: 0, projected: 51) == .stop(.deadline))
    }
}
