import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Rates")
struct RateTests {
    private static func bucket(_ rate: String) -> String {
        withUpstream("limits:\n  - { name: a, algorithm: token_bucket, burst: 16, rate: \(rate) }")
    }

    @Test(
        "A rate is kept as the exact fraction",
        arguments: [
            ("8/s", Rate(permits: 8, per: .seconds(1))), ("0.33/s", Rate(permits: 33, per: .seconds(100))),
            ("600/m", Rate(permits: 10, per: .seconds(1))), ("1/h", Rate(permits: 1, per: .seconds(3600))),
            ("0.00000001/s", Rate(permits: 1, per: .seconds(100_000_000))),
            ("1.000000001/s", Rate(permits: 1_000_000_001, per: .seconds(1_000_000_000))),
            ("1000000000/s", Rate(permits: 1, per: TimeSpan(nanoseconds: 1))),
            ("0.10/s", Rate(permits: 1, per: .seconds(10))),
        ])
    func good(text: String, rate: Rate) throws {
        let limits = try upstream(Self.bucket(text)).limits
        #expect(limits.first?.algorithm == .tokenBucket(rate: rate, burst: 16))
    }

    @Test(
        "What is no rate is refused, and why is said",
        arguments: [
            ("8", "expected a rate such as 8/s, 0.33/s or 600/m, found \"8\""),
            ("8/d", "expected a rate such as 8/s, 0.33/s or 600/m, found \"8/d\""),
            ("/s", "expected a rate such as 8/s, 0.33/s or 600/m, found \"/s\""),
            ("8./s", "expected a rate such as 8/s, 0.33/s or 600/m, found \"8./s\""),
            (".5/s", "expected a rate such as 8/s, 0.33/s or 600/m, found \".5/s\""),
            ("-8/s", "expected a rate such as 8/s, 0.33/s or 600/m, found \"-8/s\""),
            ("1e3/s", "expected a rate such as 8/s, 0.33/s or 600/m, found \"1e3/s\""),
            ("8/s/s", "expected a rate such as 8/s, 0.33/s or 600/m, found \"8/s/s\""),
            ("1.2.3/s", "expected a rate such as 8/s, 0.33/s or 600/m, found \"1.2.3/s\""),
            ("0/s", "expected a rate above 0, found \"0/s\""),
            ("0.0/s", "expected a rate above 0, found \"0.0/s\""),
            ("0.0000000001/s", "expected a rate with at most 9 decimals, found \"0.0000000001/s\""),
            ("0.000000001/h", "expected a rate of at least one in 10 years, found \"0.000000001/h\""),
            ("1.000000001/h", "expected a rate with fewer decimals, found \"1.000000001/h\""),
            ("1000000001/s", "expected a rate of at most 1000000000, found \"1000000001/s\""),
            ("99999999999999999999/s", "expected a rate of at most 1000000000, found \"99999999999999999999/s\""),
        ])
    func bad(text: String, message: String) {
        #expect(problems(Self.bucket(text)) == ["weir.yaml:6:62: upstreams[0].limits[0].rate: \(message)"])
    }
}
