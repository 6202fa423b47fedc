import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Policies")
struct PolicyTests {
    @Test(
        "A value out of its range is refused where it stands",
        arguments: [
            ("mode: observe", "5:11: upstreams[0].mode: expected enforce, shadow or off, found \"observe\""),
            ("via: 1", "5:10: upstreams[0].via: expected true or false, found \"1\""),
            (
                "trusted_proxies: [10.0.0.7/8]",
                "5:23: upstreams[0].trusted_proxies[0]: expected an address or a block such as 10.0.0.7, 10.0.0.0/8 or"
                    + " fd00::/8 (without bits beyond the prefix), found \"10.0.0.7/8\""
            ),
            (
                "trusted_proxies: [10.0.0.0/8, 10.0.0.0/8]",
                "5:35: upstreams[0].trusted_proxies[1]: this is given twice"
            ),
            ("expires: { header: X }", "5:14: upstreams[0].expires: missing key \"window\""),
            (
                "expires: { header: a b, window: 5s }",
                "5:24: upstreams[0].expires.header: expected a header name, found \"a b\""
            ),
            (
                "expires: { header: X, window: 0s }",
                "5:35: upstreams[0].expires.window: expected a duration above 0, found \"0s\""
            ),
            (
                "retry: { max_attempts: 0 }",
                "5:28: upstreams[0].retry.max_attempts: expected a whole number from 1 to 100, found \"0\""
            ),
            (
                "retry: { max_attempts: \"3\" }",
                "5:28: upstreams[0].retry.max_attempts: expected a whole number from 1 to 100 without quotes,"
                    + " found \"3\""
            ),
            (
                "retry: { multiplier: 0.5 }",
                "5:26: upstreams[0].retry.multiplier: expected a number from 1 to 100, found \"0.5\""
            ),
            ("retry: { jitter: 1.1 }", "5:22: upstreams[0].retry.jitter: expected a number from 0 to 1, found \"1.1\""),
            (
                "retry: { methods: [get] }",
                "5:24: upstreams[0].retry.methods[0]: expected a method in capitals such as GET, found \"get\""
            ),
            ("retry: { methods: [GET, GET] }", "5:29: upstreams[0].retry.methods[1]: this method is given twice"),
            (
                "retry: { statuses: [200] }",
                "5:25: upstreams[0].retry.statuses[0]: expected a whole number from 400 to 599, found \"200\""
            ),
            (
                "retry: { on: [reset] }",
                "5:19: upstreams[0].retry.on[0]: expected connect, network or timeout, found \"reset\""
            ),
            (
                "retry: { max_delay: 500ms }",
                "5:25: upstreams[0].retry.max_delay: expected max_delay to be at least initial_delay, found it shorter"
            ),
            (
                "retry: { budget: { ratio: 2 } }",
                "5:31: upstreams[0].retry.budget.ratio: expected a number from 0 to 1, found \"2\""
            ),
            (
                "retry: { max_body: 64 }",
                "5:24: upstreams[0].retry.max_body: expected a size such as 512B, 64KiB or 1MiB (a number needs a unit:"
                    + " B, KiB or MiB), found \"64\""
            ),
            (
                "retry: { max_body: 64KB }",
                "5:24: upstreams[0].retry.max_body: expected a size such as 512B, 64KiB or 1MiB, found \"64KB\""
            ),
            (
                "retry: { max_body: 17MiB }",
                "5:24: upstreams[0].retry.max_body: expected a size of at most 16MiB, found \"17MiB\""
            ),
            ("retry: on", "5:12: upstreams[0].retry: expected a mapping or off, found \"on\""),
            (
                "feedback: { shrink_on_429: 0 }",
                "5:32: upstreams[0].feedback.shrink_on_429: expected a number above 0 and up to 1, found \"0\""
            ),
            (
                "feedback: { headers: bitfinex }",
                "5:26: upstreams[0].feedback.headers: expected one of auto, none, ietf, x_ratelimit, bybit, binance,"
                    + " gate, github, shopify, openai, anthropic, found \"bitfinex\""
            ),
            (
                "feedback: { limit: ip }",
                "5:24: upstreams[0].feedback.limit: expected the name of a limit of the whole upstream, found \"ip\""
            ),
            (
                "feedback: { classify: [{ body_contains: x }] }",
                "5:28: upstreams[0].feedback.classify[0]: missing key \"as\""
            ),
            (
                "feedback: { classify: [{ body_contains: '', as: ban }] }",
                "5:45: upstreams[0].feedback.classify[0].body_contains: expected text of 1 to 1024 bytes, found \"\""
            ),
            (
                "feedback: { classify: [{ body_contains: x, as: retry }] }",
                "5:52: upstreams[0].feedback.classify[0].as: expected rate_limited, failure or ban, found \"retry\""
            ),
            (
                "pool: { dns_ttl: 5 }",
                "5:22: upstreams[0].pool.dns_ttl: expected a duration such as 500ms or 5s (a number needs a unit:"
                    + " us, ms, s, m or h), found \"5\""
            ),
        ])
    func range(text: String, problem: String) {
        #expect(problems(withUpstream(text)) == ["weir.yaml:" + problem])
    }

    @Test(
        "So is one at the top",
        arguments: [
            (
                "shared: { instances: 0 }",
                "1:22: shared.instances: expected a whole number from 1 to 10000, found \"0\""
            ),
            (
                "shared: { command_timeout: 0s }",
                "1:28: shared.command_timeout: expected a duration above 0, found \"0s\""
            ),
            (
                "shared: { key_prefix: a b }",
                "1:23: shared.key_prefix: expected text of up to 64 printable ASCII characters, found \"a b\""
            ),
            (
                "shared: { redis: \"http://x\" }",
                "1:18: shared.redis: expected a URL such as redis://127.0.0.1:6379/0, rediss://host or"
                    + " redis+unix:///run/redis.sock, found \"http://x\""
            ),
            (
                "shared: { redis: \"redis://joe:hunter2@x:y\" }",
                "1:18: shared.redis: expected a URL such as redis://127.0.0.1:6379/0, rediss://host or"
                    + " redis+unix:///run/redis.sock, found a value that is not shown"
            ),
            (
                "admin: { allow_changes: perhaps }",
                "1:25: admin.allow_changes: expected true or false, found \"perhaps\""
            ),
            ("log: { format: xml }", "1:16: log.format: expected text or json, found \"xml\""),
            ("state_file: ''", "1:13: state_file: expected the path of a file, found \"\""),
            ("api: { listen: 127.0.0.1:9464 }", "1:16: api.listen: is the address of admin.listen"),
            ("api: { listen: 127.0.0.1:8081 }", "3:13: upstreams[0].listen: is the address of api.listen"),
        ])
    func top(text: String, problem: String) {
        let found = problems(text + "\n" + withUpstream("")).map {
            $0.replacing("weir.yaml:4:13:", with: "weir.yaml:3:13:")
        }
        #expect(found == ["weir.yaml:" + problem])
    }

    @Test("off turns retries and feedback off, and an endpoint turns them on again")
    func off() throws {
        let text = """
            retry: off
            feedback: false
            endpoints:
              - { name: a, match: { path: /a }, retry: { initial_delay: 2s } }
              - { name: b, match: { path: /b }, retry: {} }
            """
        let read = try upstream(withUpstream(text))
        #expect(read.retry.maxAttempts == 1)
        #expect(read.feedback.headers == .none)
        #expect(read.feedback.shrinkOn429 == 1)
        #expect(read.feedback.banStatuses == [])
        #expect(read.endpoints.map(\.retry.maxAttempts) == [3, 1, 1])
        #expect(read.endpoints[0].retry.initialDelay == .seconds(2))
    }

    @Test("The budget of retries is the upstream's")
    func budget() {
        #expect(
            problems(withEndpoint("retry: { budget: { ratio: 0.1 } }")) == [
                "weir.yaml:8:26: upstreams[0].endpoints[0].retry.budget: is a key of the upstream's retry only:"
                    + " the budget is one for all its calls"
            ])
    }

    @Test("What is legal but unwise is a warning")
    func unwise() {
        #expect(
            warnings(withUpstream("trusted_proxies: [0.0.0.0/0]")) == [
                "weir.yaml:5:23: upstreams[0].trusted_proxies[0]: believes what anyone says of the caller's address"
            ])
        #expect(
            warnings(withUpstream("retry: { initial_delay: 30s }")) == [
                "weir.yaml:5:29: upstreams[0].retry.initial_delay: is no shorter than timeouts.request:"
                    + " nothing is ever tried again"
            ])
        #expect(warnings(withUpstream("retry: { initial_delay: 29s }")) == [])
        let shadowed = """
            endpoints:
              - { name: a, match: { path: /a } }
              - { name: b, match: { method: GET, path: /a } }
              - { name: c, match: { method: GET, path: /b } }
              - { name: d, match: { path: /b } }
            """
        #expect(
            warnings(withUpstream(shadowed)) == [
                "weir.yaml:7:27: upstreams[0].endpoints[1].match: never matches: the endpoint a takes all its calls"
            ])
    }

    @Test("A feedback limit is one that the provider can speak of")
    func feedbackLimit() {
        let limits = "limits: [{ name: ip, algorithm: token_bucket, rate: 1/s, burst: 5, key: client_ip }]\n"
        #expect(
            problems(withUpstream(limits + "feedback: { limit: ip }")) == [
                "weir.yaml:6:24: upstreams[0].feedback.limit: expected the name of a limit without key, found \"ip\""
            ])
        let plain = "limits: [{ name: ip, algorithm: token_bucket, rate: 1/s, burst: 5 }]\n"
        #expect(
            warnings(withUpstream(plain + "feedback: { limit: ip, headers: none }")) == [
                "weir.yaml:6:24: upstreams[0].feedback.limit: has no effect: headers is none"
            ])
    }

    @Test(
        "A Redis server is read from its URL",
        arguments: [
            ("redis://h", RedisAddress(transport: .tcp(host: "h", port: 6379))),
            ("redis://[::1]:7/3", RedisAddress(transport: .tcp(host: "::1", port: 7), database: 3)),
            ("redis://h/", RedisAddress(transport: .tcp(host: "h", port: 6379))),
            ("rediss://:p%40ss@h", RedisAddress(transport: .tls(host: "h", port: 6379), password: "p@ss")),
            ("redis://u@h", RedisAddress(transport: .tcp(host: "h", port: 6379), user: "u")),
            (
                "redis+unix://u:p@/run/r.sock?db=4",
                RedisAddress(transport: .unix(path: "/run/r.sock"), database: 4, user: "u", password: "p")
            ),
        ])
    func redis(text: String, url: RedisAddress) throws {
        #expect(try settings("shared: { redis: \"\(text)\" }\n" + withUpstream("")).shared?.redis == url)
    }

    @Test(
        "What is no Redis URL is refused",
        arguments: [
            "redis://", "redis://h:0", "redis://h/x", "redis://h/1000", "redis://h/1/2", "redis://a@b@c", "redis://h?x",
            "redis://h#x", "redis://%zz@h", "redis+unix://run/x", "redis+unix:///x?db=", "redis+unix:///x?y=1", "h",
        ])
    func noRedis(text: String) {
        #expect(problems("shared: { redis: \"\(text)\" }\n" + withUpstream("")).count == 1)
    }
}
