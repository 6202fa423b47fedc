import Testing
import WeirConfiguration
import WeirCore

@Suite("Durations")
struct DurationTests {
    @Test(
        "A duration is read to the nanosecond",
        arguments: [
            ("250us", 250_000), ("100ms", 100_000_000), ("5s", 5_000_000_000), ("1m", 60_000_000_000),
            ("1h30m", 5_400_000_000_000), ("1h2m3s4ms5us", 3_723_004_005_000), ("0s", 0), ("0", 0),
            ("90m", 5_400_000_000_000),
            ("87600h", 315_360_000_000_000_000), ("\"5s\"", 5_000_000_000), ("007s", 7_000_000_000),
        ] as [(String, Int64)])
    func good(text: String, nanoseconds: Int64) throws {
        let read = try settings(withUpstream("") + "\ndrain_timeout: \(text)\n")
        #expect(read.drainTimeout == TimeSpan(nanoseconds: nanoseconds))
    }

    @Test(
        "What is no duration is refused, and why is said",
        arguments: [
            ("five", #"expected a duration such as 500ms or 5s, found "five""#),
            ("5", #"expected a duration such as 500ms or 5s (a number needs a unit: us, ms, s, m or h), found "5""#),
            (
                "1m30",
                #"expected a duration such as 500ms or 5s (a number needs a unit: us, ms, s, m or h), found "1m30""#
            ),
            ("-5s", #"expected a duration such as 500ms or 5s, found "-5s""#),
            ("1.5s", #"expected a duration such as 500ms or 5s, found "1.5s""#),
            ("5 s", #"expected a duration such as 500ms or 5s, found "5 s""#),
            ("5S", #"expected a duration such as 500ms or 5s, found "5S""#),
            ("5d", #"expected a duration such as 500ms or 5s, found "5d""#),
            ("30m1h", #"expected a duration such as 500ms or 5s, found "30m1h""#),
            ("1s1s", #"expected a duration such as 500ms or 5s, found "1s1s""#),
            ("s", #"expected a duration such as 500ms or 5s, found "s""#),
            ("''", #"expected a duration such as 500ms or 5s, found """#),
            ("\u{664}s", "expected a duration such as 500ms or 5s, found \"\u{664}s\""),
            ("87601h", #"expected a duration of at most 10 years, found "87601h""#),
            ("87600h1us", #"expected a duration of at most 10 years, found "87600h1us""#),
            ("9223372036854775808s", #"expected a duration of at most 10 years, found "9223372036854775808s""#),
            ("9223372036854775807h", #"expected a duration of at most 10 years, found "9223372036854775807h""#),
            ("[5s]", "expected a duration such as 500ms or 5s, found a list"),
            ("{ s: 5 }", "expected a duration such as 500ms or 5s, found a mapping"),
        ])
    func bad(text: String, message: String) {
        #expect(
            problems("drain_timeout: \(text)\n" + withUpstream("")) == ["weir.yaml:1:16: drain_timeout: \(message)"])
    }

    @Test("A duration that cannot be 0 says so")
    func zero() {
        #expect(
            problems(withUpstream("timeouts: { idle: 0s }")) == [
                #"weir.yaml:5:23: upstreams[0].timeouts.idle: expected a duration above 0, found "0s""#
            ])
    }
}
