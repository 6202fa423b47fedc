import Testing
import WeirCore

@Suite("Freeze plan")
struct FreezePlanTests {
    private func plan(_ change: (inout FeedbackSettings) -> Void = { _ in }) -> FreezePlan {
        var settings = FeedbackSettings()
        change(&settings)
        return FreezePlan(settings)
    }

    private func expect(
        _ freeze: FreezeOrder?, _ scope: FeedbackSettings.FreezeScope, until: Instant, isBan: Bool,
        location: SourceLocation = #_sourceLocation
    ) {
        #expect(freeze?.scope == scope, sourceLocation: location)
        #expect(freeze?.until == until, sourceLocation: location)
        #expect(freeze?.isBan == isBan, sourceLocation: location)
    }

    @Test("A 429 with Retry-After stops the scope for it")
    func tooManyRequests() {
        let freeze = plan().freeze(status: 429, retryAfter: .seconds(2), now: at(100))
        expect(freeze, .upstream, until: at(2100), isBan: false)
        let endpoint = plan { $0.freezeScope = .endpoint }
        expect(
            endpoint.freeze(status: 429, retryAfter: .seconds(2), now: at(100)), .endpoint, until: at(2100),
            isBan: false)
    }

    @Test("A 429 without Retry-After, or with one of 0, stops nothing")
    func withoutRetryAfter() {
        #expect(plan().freeze(status: 429, retryAfter: nil, now: at(0)) == nil)
        #expect(plan().freeze(status: 429, retryAfter: .zero, now: at(0)) == nil)
        #expect(plan().freeze(status: 429, retryAfter: TimeSpan(nanoseconds: 1), now: at(0)) != nil)
    }

    @Test("A Retry-After with any other status stops nothing", arguments: [200, 301, 403, 428, 430, 500, 503])
    func otherStatuses(status: Int) {
        #expect(plan().freeze(status: status, retryAfter: .seconds(60), now: at(0)) == nil)
    }

    @Test("A ban stops the whole upstream, for Retry-After or for ban_freeze")
    func ban() {
        let plan = plan { $0.freezeScope = .endpoint }
        #expect(plan.isBan(status: 418) && !plan.isBan(status: 429))
        expect(
            plan.freeze(status: 418, retryAfter: .seconds(120), now: at(0)), .upstream, until: at(120_000), isBan: true)
        for retryAfter in [nil, TimeSpan.zero] {
            expect(
                plan.freeze(status: 418, retryAfter: retryAfter, now: at(0)), .upstream, until: at(600_000),
                isBan: true)
        }
    }

    @Test("Which statuses are bans is configured; 429 may be one")
    func banStatuses() {
        let plan = plan {
            $0.banStatuses = [403, 429]
            $0.banFreeze = .seconds(30)
        }
        expect(plan.freeze(status: 403, retryAfter: nil, now: at(0)), .upstream, until: at(30_000), isBan: true)
        expect(plan.freeze(status: 429, retryAfter: nil, now: at(0)), .upstream, until: at(30_000), isBan: true)
        #expect(plan.freeze(status: 418, retryAfter: nil, now: at(0)) == nil)
    }

    @Test("A body is worth its status: rate_limited as a 429, ban as a ban; a failure stops nothing")
    func classified() {
        let plan = plan { $0.freezeScope = .endpoint }
        #expect(plan.freeze(.rateLimited, retryAfter: nil, now: at(0)) == nil)
        expect(plan.freeze(.rateLimited, retryAfter: .seconds(1), now: at(0)), .endpoint, until: at(1000), isBan: false)
        expect(plan.freeze(.ban, retryAfter: nil, now: at(0)), .upstream, until: at(600_000), isBan: true)
        #expect(plan.freeze(.failure, retryAfter: .seconds(60), now: at(0)) == nil)
    }
}
