import Foundation
import Testing
import WeirTestKit

/// What is nobody's business shows up nowhere: canaries are put wherever a secret may be, and looked for wherever Weir
/// says anything.
@Suite("Secrets")
struct SecretsTests {
    /// Each secret of a test has this in it. Weir, which folds letter case in places, is searched without regard to it.
    private static let canary = "Kanarie7"

    private static func holdsCanary(_ text: String) -> Bool { text.lowercased().contains(canary.lowercased()) }

    /// What a caller says that is not Weir's to repeat.
    private static let headers = [
        "Authorization: Bearer \(canary)-bearer", "Cookie: session=\(canary)-cookie", "X-Api-Key: \(canary)-key",
        "X-Signature: \(canary)-signature",
    ]
    private static let query = "?token=\(canary)-query&user=\(canary)-user"

    private static let root = """
        log: { level: trace, format: json, access: true }
        shared: { redis: "redis://weir:\(canary)-redis@127.0.0.1:6379/0" }
        """

    private static let rules = """
        request_headers: { X-Own-Key: "\(canary)-literal", X-Env-Key: "${WEIR_CANARY}" }
        expires: { header: X-Signed-At, window: 5s }
        retry: { initial_delay: 1ms, jitter: 0 }
        breaker: { fail_threshold: 8, cooldown: 60s }
        queue: { max_wait: 0s }
        endpoints:
          - name: keyed
            match: { path: "/keyed/*" }
            limits: [{ name: per_key, algorithm: sliding_window, requests: 1, per: 60s, key: ["header:X-Api-Key", "query:user"] }]
          - name: priced
            match: { path: "/priced" }
            cost: "header:X-Signature"
        """

    /// Answers with canaries, by the first part of the path.
    private static let script: ScriptedUpstream.Script = { request in
        let headers = ["Set-Cookie: id=\(canary)-answer", "X-RateLimit-Remaining: \(canary)-quota"]
        return switch request.target.split(separator: "?").first.map(String.init) {
        case "/fail": .respond(503, headers: headers, body: "\(canary)-error")
        case "/slow-down": .respond(429, headers: headers + ["Retry-After: \(canary)-soon"], body: "no")
        case "/broken": .raw("HTTP/1.1 \(canary)-nonsense\r\n\r\n")
        case "/cut": ScriptedReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\(canary)").thenClose()
        default: .respond(200, headers: headers, body: "\(canary)-body")
        }
    }

    @Test("What callers, providers and the configuration keep to themselves is in no log, page, metric or error")
    func running() async throws {
        let environment = ["WEIR_CANARY": "\(Self.canary)-environment"]
        let root = Self.root + "\nstate_file: \"{folder}/state\""
        try await Stand.run(
            Self.rules, root: root, changes: true, environment: environment, script: Self.script
        ) { stand in
            try await Self.forward(stand)
            let own = try await Self.provoke(stand) + Self.malformed(stand)
            for (what, text) in own { #expect(!Self.holdsCanary(text), "\(what): \(text)") }
            for (page, text) in try await Self.pages(stand) { #expect(!Self.holdsCanary(text), "\(page): \(text)") }
            stand.weir.signal(SIGTERM)
            #expect(try await stand.weir.waitForExit(within: Stand.patience) == 0)
            let log = stand.weir.errorLines + stand.weir.outputLines
            #expect(log.count { $0.contains("\"access\"") } >= 20)
            for line in log { #expect(!Self.holdsCanary(line), "\(line)") }
            let state = try Data(contentsOf: stand.weir.folder.appending(path: "state"))
            #expect(!Self.holdsCanary(String(decoding: state, as: UTF8.self)))
        }
    }

    /// Calls that are forwarded, retried and failed by the provider. Their answers are the provider's.
    private static func forward(_ stand: Stand) async throws {
        let sent = try await stand.post("/ok" + query, body: "\(canary)-payload", headers: headers)
        #expect(sent.text == "\(canary)-body")
        // The secrets did go to the provider: they are real ones.
        let seen = try #require(stand.upstream.requests.first)
        #expect(seen["X-Own-Key"] == "\(canary)-literal")
        #expect(seen["X-Env-Key"] == "\(canary)-environment")
        _ = try await stand.get("/keyed/1" + query, headers: headers)
        _ = try await stand.get("/slow-down" + query, headers: headers)
        let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
        try await client.send("GET /cut\(query) HTTP/1.1\r\nHost: \(canary)-host\r\n\r\n", within: Stand.patience)
        _ = try await client.readUntilClose(within: Stand.patience)
    }

    /// Calls that Weir answers itself.
    private static func provoke(_ stand: Stand) async throws -> [(String, String)] {
        var answers: [(String, RawResponse)] = []
        answers.append(("limit", try await stand.get("/keyed/1" + query, headers: headers)))
        answers.append(("cost", try await stand.get("/priced" + query, headers: headers)))
        answers.append(("expired", try await stand.get("/" + query, headers: headers + ["X-Signed-At: \(canary)"])))
        for wish in ["Priority", "Max-Wait", "Cost", "Endpoint"] {
            answers.append((wish, try await stand.get("/" + query, headers: headers + ["Weir-\(wish): \(canary)"])))
        }
        answers.append(("trace", try await HTTPCall.send("TRACE", stand.address, "/" + query, headers: headers)))
        answers.append(("broken", try await stand.post("/broken" + query, headers: headers)))
        for _ in 0..<4 { _ = try await stand.post("/fail" + query, body: canary, headers: headers) }
        answers.append(("circuit", try await stand.post("/fail" + query, body: canary, headers: headers)))
        #expect(answers.last?.1.reason == "circuit_open")
        for (what, answer) in answers { #expect(answer.reason != nil, "\(what)") }
        return answers.map { ($0, $1.text + "\($1)") }
    }

    /// What is no request.
    private static func malformed(_ stand: Stand) async throws -> [(String, String)] {
        var answers: [(String, String)] = []
        for text in [
            "\(canary) \(canary)\r\n\r\n", "GET /a HTTP/1.1\r\nHost: a\r\n\(canary) : x\r\n\r\n",
            "GET http://user:\(canary)@host/ HTTP/1.1\r\nHost: host\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: \(canary)\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(canary)\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a b \(canary)\r\n\r\n",
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(canary)\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: canary, count: 5000) + "\r\n\r\n",
        ] {
            let client = try await RawClient.connect(to: stand.address, within: Stand.patience)
            try await client.send(text, within: Stand.patience)
            let answer = try await client.readResponse(within: Stand.patience)
            #expect(answer.status >= 400)
            answers.append((text, answer.text + "\(answer)"))
            await client.close()
        }
        return answers
    }

    /// Everything that the admin endpoint shows, after a few changes with canaries in them.
    private static func pages(_ stand: Stand) async throws -> [(String, String)] {
        var pages: [(String, String)] = []
        let key = "{\"key\":\"\(canary)-key\"}"
        for path in ["/-/limits/api/per_key/reset?endpoint=keyed", "/-/limits/api/\(canary)/reset", "/-/circuits/api"] {
            let answer = try await HTTPCall.post(stand.admin, path, body: key, within: Stand.patience)
            pages.append((path, answer.text))
        }
        for path in ["/", "/metrics", "/status", "/health", "/config", "/readyz", "/no-such-page\(query)"] {
            pages.append(
                (path, try await HTTPCall.get(stand.admin, path, headers: headers, within: Stand.patience).text))
        }
        let open = try await HTTPCall.get(
            stand.admin, "/metrics", headers: ["Accept: application/openmetrics-text"], within: Stand.patience)
        pages.append(("OpenMetrics", open.text))
        let events = try await stand.events(1)
        pages.append(("/events", "\(events)"))
        return pages
    }

    /// What is wrong with a configuration, and whether it says a secret.
    private static let wrong = [
        "url: \"https://user:\(canary)@api.example.com\"", "url: \"https://api.example.com/?key=\(canary)\"",
        "url: https://a.example\n    request_headers: { X-Key: \"\(canary)\\n\" }",
        "url: https://a.example\n    request_headers: { X-Key: [\(canary)] }",
        "url: https://a.example\n    request_headers: { Host: \(canary) }",
        "url: \"https://${WEIR_CANARY}@a.example\"", "url: \"${WEIR_CANARY}\"",
        "url: https://a.example\n    queue: { max_wait: \"${WEIR_CANARY}\" }",
        "url: https://a.example\n    ca_file: \"/${WEIR_CANARY}\"",
    ]

    @Test("A problem with a secret is told without the secret", arguments: wrong + ["redis"], ["check", "run"])
    func badConfiguration(keys: String, command: String) async throws {
        var text = "admin: { listen: \"127.0.0.1:0\" }\n"
        if keys == "redis" { text += "shared: { redis: \"redis://weir:\(Self.canary)@[/x\" }\n" }
        text += "upstreams:\n  - name: api\n    listen: \"127.0.0.1:0\"\n"
        text += "    " + (keys == "redis" ? "url: https://a.example" : keys) + "\n"
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(
                [command], configuration: text, environment: ["WEIR_CANARY": "\(Self.canary)-environment"])
            #expect(try await weir.waitForExit(within: Stand.patience) == 78)
            #expect(!weir.errorLines.isEmpty)
            for line in weir.errorLines + weir.outputLines { #expect(!Self.holdsCanary(line), "\(line)") }
            try await weir.stop()
        }
    }
}
