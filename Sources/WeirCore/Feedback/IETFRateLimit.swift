/// `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers.
///
/// From draft 08 on, `RateLimit: "name";r=50;t=30` says what remains of a policy and in how many seconds it is full
/// again, and `RateLimit-Policy: "name";q=100;w=60` what the policy is. Draft 07 said
/// `RateLimit: limit=100, remaining=50, reset=30`. Only the first line of a field that comes in several is seen.
enum IETFRateLimit {
    static let state = "ratelimit"
    static let policy = "ratelimit-policy"

    /// What the answer says of its tightest policy.
    static func read(_ time: HeaderTime, _ value: (String) -> String?) -> ProviderReading? {
        guard let members = value(state).flatMap(StructuredField.init)?.members else { return nil }
        let isDictionary = members.contains { $0.value != nil }
        return isDictionary
            ? reading(ofDictionary: members, time)
            : .tightest(readings(of: members, policies(value(policy)), time))
    }

    private static func reading(
        ofDictionary members: [StructuredField.Member], _ time: HeaderTime
    ) -> ProviderReading? {
        func count(_ name: String) -> Int? {
            StructuredField.Member.count(members.last { $0.item == .text(name) }?.value)
        }
        guard let remaining = count("remaining") else { return nil }
        return ProviderReading(
            limit: count("limit"), remaining: remaining, reset: count("reset").map { reset($0, time) })
    }

    private static func readings(
        of members: [StructuredField.Member], _ policies: [StructuredField.Member], _ time: HeaderTime
    ) -> [ProviderReading] {
        members.compactMap { member in
            let policy = policies.last { $0.item == member.item }
            guard let remaining = member.count("r"), isOfRequests(policy) else { return nil }
            return ProviderReading(
                limit: policy?.count("q"), remaining: remaining, reset: member.count("t").map { reset($0, time) })
        }
    }

    private static func policies(_ field: String?) -> [StructuredField.Member] {
        field.flatMap(StructuredField.init)?.members ?? []
    }

    /// A quota may also be one of bytes or of concurrent requests, which is no affair of a count of calls.
    private static func isOfRequests(_ policy: StructuredField.Member?) -> Bool {
        policy?.parameter("qu").map { $0 == .text("requests") } ?? true
    }

    private static func reset(_ seconds: Int, _ time: HeaderTime) -> Instant {
        time.now + min(.seconds(Int64(seconds)), HeaderTime.longestAhead)
    }
}
