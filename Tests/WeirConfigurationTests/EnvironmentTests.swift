import Testing
import WeirConfiguration
import WeirCore
import WeirProxy

@Suite("Values from the environment")
struct EnvironmentTests {
    @Test("A variable is read as its key's type, in any scalar")
    func replaced() throws {
        let text = withUpstream(
            """
            hosts: ["api-${ENV}.example.com"]
            preserve_host: ${FLAG}
            request_headers: { Authorization: "Bearer ${TOKEN}", X-Price: "$5 $ ${EMPTY}." }
            breaker: ${OFF}
            pool: { max_connections: "${COUNT}" }
            queue: { max_wait: "${WAIT}s" }
            """)
        let environment = [
            "ENV": "Prod", "FLAG": "true", "TOKEN": "s3cret-${ENV}", "EMPTY": "", "OFF": "off", "COUNT": "7",
            "WAIT": "3",
        ]
        let read = try upstream(text, environment: environment)
        #expect(read.hosts == ["api-prod.example.com"])
        #expect(read.preserveHost)
        #expect(read.requestHeaders.map(\.value) == ["Bearer s3cret-${ENV}", "$5 $ ."])
        #expect(read.circuit == nil)
        #expect(read.pool.maxConnections == 7)
        #expect(read.line.maxWait == .seconds(3))
    }

    @Test("An unset variable is named, and so is a reference without a name")
    func unset() {
        let text = withUpstream("ca_file: ${HOME_OF_CA}/ca.pem\nhosts: [\"${}\", \"${9}\", \"x${A\"]")
        #expect(
            problems(text) == [
                "weir.yaml:5:14: upstreams[0].ca_file: the environment variable HOME_OF_CA is not set",
                "weir.yaml:6:13: upstreams[0].hosts[0]: expected ${NAME} with the name of an environment variable",
                "weir.yaml:6:20: upstreams[0].hosts[1]: expected ${NAME} with the name of an environment variable",
                "weir.yaml:6:28: upstreams[0].hosts[2]: expected ${NAME} with the name of an environment variable",
            ])
    }

    @Test("A variable that says null is text, not nothing")
    func notNull() {
        let text = withUpstream("pool: { max_connections: \"${N}\" }")
        #expect(problems(text, environment: ["N": "null"]).count == 1)
        #expect(problems(text, environment: ["N": ""]).count == 1)
    }

    /// Every kind of value, wrong by itself or in its company.
    private static let everywhere = """
        admin: { listen: "${S}", allow_hosts: ["${S}/"], max_connections: "${S}" }
        log: { level: "${S}" }
        drain_timeout: ${S}
        upstreams:
          - name: ${S}!
            listen: ${S}
            url: ${S}
          - name: ${S}
            listen: 127.0.0.1:1
            url: https://x/
            hosts: ["${S}", "${S}"]
            ca_file: "${S}"
            preserve_host: ${S}
            request_headers: { a: "${S}\\n", b: "hunter2-literal\\n", c: "x${S}\\u0001" }
            mode: ${S}
            caller_headers: ${S}
            limits:
              - { name: "${S}", algorithm: sliding_window, requests: "${N}", per: "${N}s" }
              - { name: "${S}", algorithm: token_bucket, rate: "${S}", burst: "${S}" }
              - { name: x, algorithm: "${S}", on_limit: "${S}" }
            retry: { max_attempts: "${S}" }
            feedback: { headers: "${S}" }
            breaker: ${S}
            endpoints:
              - { name: "${S}", match: { method: "${S}", path: "${S}" }, cost: "${N}0", priority: "${S}" }
              - { name: "${S}", match: { path: /a }, limits: [{ name: "${S}", algorithm: "${S}" }] }
          - name: ${S}
            listen: 127.0.0.1:1
            url: "https://u:${S}@x"
            hosts: ["${S}"]
        """

    @Test("No problem shows a value from the environment or of a header")
    func secrets() {
        let found = problems(Self.everywhere, environment: ["S": "hunter2", "N": "424242"])
        #expect(found.count > 25)
        for problem in found {
            #expect(!problem.contains("hunter2"))
            #expect(!problem.contains("424242"))
        }
        #expect(
            found.contains(
                "weir.yaml:3:16: drain_timeout: expected a duration such as 500ms or 5s,"
                    + " found a value from the environment"))
        #expect(
            found.contains(
                "weir.yaml:14:40: upstreams[1].request_headers.b: expected a header value without"
                    + " control characters, found a value that is not shown"))
    }

    @Test("No warning shows one either")
    func secretsInWarnings() {
        let text = withUpstream("queue: { max_wait: \"${N}s\" }\ntimeouts: { request: 1s }\nretry: off")
        let found = warnings(text, environment: ["N": "424242"])
        #expect(found.count == 1)
        #expect(found.allSatisfy { !$0.contains("424242") })
    }
}
