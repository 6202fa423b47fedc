import Testing
import WeirConfiguration

@Suite("Keys")
struct KeyTests {
    @Test(
        "An unknown key names the nearest one, where there is a near one",
        arguments: [
            ("burts: 1", #"weir.yaml:7:5: upstreams[0]: unknown key "burts""#),
            ("nmae: x", #"weir.yaml:7:5: upstreams[0]: unknown key "nmae", did you mean "name"?"#),
            ("cafile: x", #"weir.yaml:7:5: upstreams[0]: unknown key "cafile", did you mean "ca_file"?"#),
            (
                "endpoint_default: {}",
                #"weir.yaml:7:5: upstreams[0]: unknown key "endpoint_default", did you mean "endpoint_defaults"?"#
            ),
            (
                "preserve-hosts: x",
                #"weir.yaml:7:5: upstreams[0]: unknown key "preserve-hosts", did you mean "preserve_host"?"#
            ),
            ("<<: {}", #"weir.yaml:7:5: upstreams[0]: unknown key "<<""#),
            ("\"a\\tb\": {}", #"weir.yaml:7:5: upstreams[0]: unknown key "a\u{9}b""#),
        ])
    func unknown(line: String, problem: String) {
        let text = "upstreams:\n  - name: a\n    # here\n    listen: 127.0.0.1:1\n    url: http://x\n\n    \(line)\n"
        #expect(problems(text) == [problem])
    }

    @Test("Swapped letters are one slip")
    func swapped() {
        let limit = "limits:\n  - { name: a, algorithm: token_bucket, rate: 8/s, burts: 16 }"
        #expect(
            problems(withUpstream(limit)) == [
                #"weir.yaml:6:9: upstreams[0].limits[0]: missing key "burst""#,
                #"weir.yaml:6:56: upstreams[0].limits[0]: unknown key "burts", did you mean "burst"?"#,
            ])
    }

    @Test("All problems are found, in the order of the file")
    func all() {
        let text = """
            admin:
              listen: 127.0.0.1
              max_connections: 0
            log: { level: loud }
            upstreams:
              - name: Bybit
                listen: 127.0.0.1:8081
                limits:
                  - name: ip
                    algorithm: sliding_window
                    requests: 600
                    per: five
                    burts: 3
                breaker: { failure_ratio: 1.5 }
                endpoints:
                  - name: a
                    match: {}
              - nme: x
            """
        #expect(
            problems(text) == [
                #"weir.yaml:2:11: admin.listen: expected an address such as 127.0.0.1:8081, [::1]:8081"#
                    + #" or unix:/run/weir.sock, found "127.0.0.1""#,
                #"weir.yaml:3:20: admin.max_connections: expected a whole number from 1 to 65536, found "0""#,
                #"weir.yaml:4:15: log.level: expected one of trace, debug, info, notice, warning, error,"#
                    + #" critical, found "loud""#,
                #"weir.yaml:6:5: upstreams[0]: missing key "url""#,
                #"weir.yaml:6:11: upstreams[0].name: expected a name of 1 to 64 of a-z, 0-9, _ and -, found "Bybit""#,
                #"weir.yaml:12:14: upstreams[0].limits[0].per: expected a duration such as 500ms or 5s, found "five""#,
                #"weir.yaml:13:9: upstreams[0].limits[0]: unknown key "burts", did you mean "burst"?"#,
                #"weir.yaml:14:31: upstreams[0].breaker.failure_ratio: expected a number above 0 and up"#
                    + #" to 1, found "1.5""#,
                "weir.yaml:17:16: upstreams[0].endpoints[0].match: expected method, path or both",
                #"weir.yaml:18:5: upstreams[1]: missing key "listen""#,
                #"weir.yaml:18:5: upstreams[1]: missing key "name""#,
                #"weir.yaml:18:5: upstreams[1]: missing key "url""#,
                #"weir.yaml:18:5: upstreams[1]: unknown key "nme", did you mean "name"?"#,
            ])
    }
}
