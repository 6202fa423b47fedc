import Testing
import WeirTestKit

/// What the admin endpoint lets itself be told.
@Suite("Changes at the admin endpoint")
struct ChangeTests {
    private static let rules = """
        limits:
          - { name: ip, algorithm: sliding_window, requests: 1, per: 60s }
        queue: { max_wait: 0s }
        endpoints:
          - name: users
            match: { path: /users }
            limits: [{ name: user, algorithm: sliding_window, requests: 1, per: 60s, key: "header:X-User" }]
        """

    @Test("nothing may be changed unless admin.allow_changes says so")
    func notAllowed() async throws {
        try await Stand.run { stand in
            for path in ["circuits/api", "circuits/api/other", "limits/api/ip/reset", "reload"] {
                #expect(try await stand.change(path, #"{"force":"open"}"#).status == 403)
            }
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
        }
    }

    @Test("whatever carries an Origin is refused")
    func origin() async throws {
        try await Stand.run(changes: true) { stand in
            for origin in ["http://evil.example", "null", "http://\(stand.admin.authority)"] {
                let answer = try await stand.change(
                    "circuits/api/other", #"{"force":"open"}"#, headers: ["Origin: \(origin)"])
                #expect(answer.status == 403)
            }
            #expect(try await stand.get("/").status == 200)
        }
    }

    @Test("a circuit can be forced open and closed, and left to itself again")
    func force() async throws {
        let rules = "breaker: { fail_threshold: 1, cooldown: 60s }"
        try await Stand.run(rules, changes: true, script: { .respond($0.target == "/bad" ? 500 : 200) }) { stand in
            #expect(try await stand.change("circuits/api/other", #"{"force":"open"}"#).status == 204)
            let refused = try await stand.get("/")
            #expect(refused.status == 503)
            #expect(refused.reason == "circuit_open")
            #expect(refused.retryAfter ?? 0 >= 1)
            let circuit = try await stand.upstreamStatus()["endpoints"].named("other")["circuit"]
            #expect(circuit["forced"] == .string("open"))
            #expect(try await stand.metrics().circuit() == .open)

            #expect(try await stand.change("circuits/api/other", #"{"force":"closed"}"#).status == 204)
            for _ in 0..<3 { #expect(try await stand.get("/bad").status == 500) }
            #expect(try await stand.metrics().circuit() == .closed)

            #expect(try await stand.change("circuits/api/other", #"{"force":null}"#).status == 204)
            #expect(try await stand.upstreamStatus()["endpoints"].named("other")["circuit"]["forced"] == .null)
            _ = try await stand.get("/bad")
            #expect(try await stand.get("/").reason == "circuit_open")
        }
    }

    @Test("without an endpoint all circuits of the upstream are meant, or the one that they share")
    func forceAll() async throws {
        for scope in ["endpoint", "upstream"] {
            let rules = """
                breaker: { scope: \(scope) }
                endpoints: [{ name: orders, match: { path: /orders } }]
                """
            try await Stand.run(rules, changes: true) { stand in
                let forced = try await stand.change("circuits/api", #"{"force":"open"}"#)
                #expect(forced.status == 204)
                for target in ["/", "/orders"] { #expect(try await stand.get(target).reason == "circuit_open") }
                #expect(try await stand.change("circuits/api", #"{"force":null}"#).status == 204)
            }
        }
    }

    /// With a call in line that would wait for a minute.
    private func withOneInLine(_ body: (Stand, OpenCall) async throws -> Void) async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 1, per: 60s }]
            timeouts: { request: 200s }
            queue: { max_wait: 150s }
            """
        try await Stand.run(rules, changes: true) { stand in
            #expect(try await stand.get("/").status == 200)
            let waiting = try await stand.open("/")
            try await stand.waitForLine(1)
            try await body(stand, waiting)
        }
    }

    @Test("calls in line are refused when their circuit is forced open")
    func forceWithLine() async throws {
        try await withOneInLine { (stand, waiting) async throws in
            #expect(try await stand.change("circuits/api/other", #"{"force":"open"}"#).status == 204)
            #expect(try await waiting.response().reason == "circuit_open")
        }
    }

    @Test("a limit that is reset lets calls through again")
    func reset() async throws {
        try await Stand.run(Self.rules, changes: true) { stand in
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.get("/").status == 429)
            let reset = try await stand.change("limits/api/ip/reset", "{}")
            #expect(reset.status == 204)
            #expect(try await stand.upstreamStatus()["limits"].named("ip")["used"] == .number(0))
            #expect(try await stand.get("/").status == 200)
            #expect(try await stand.get("/").status == 429)
        }
    }

    @Test("a reset wakes those in line")
    func resetWakes() async throws {
        try await withOneInLine { (stand, waiting) async throws in
            #expect(try await stand.change("limits/api/ip/reset", "{}").status == 204)
            #expect(try await waiting.response().status == 200)
        }
    }

    @Test("of a limit by key one key can be reset, or all")
    func resetKey() async throws {
        let rules = Self.rules.replacing("requests: 1, per: 60s }\n", with: "requests: 100, per: 60s }\n")
        try await Stand.run(rules, changes: true) { stand in
            #expect(try await stand.statusesOfUsers() == [200, 200])
            #expect(try await stand.statusesOfUsers() == [429, 429])
            let path = "limits/api/user/reset?endpoint=users"
            let reset = try await stand.change(path, #"{"key":"a"}"#)
            #expect(reset.status == 204)
            #expect(try await stand.statusesOfUsers() == [200, 429])
            #expect(try await stand.change(path, "{}").status == 204)
            #expect(try await stand.statusesOfUsers() == [200, 200])
        }
    }

    @Test(
        "what is not there is answered 404",
        arguments: [
            "circuits/nobody", "circuits/api/nothing", "limits/nobody/ip/reset", "limits/api/nothing/reset",
            "limits/api/user/reset", "limits/api/ip/reset?endpoint=nothing", "nonsense",
        ])
    func unknown(path: String) async throws {
        try await Stand.run(Self.rules, changes: true) { stand in
            let body = path.hasPrefix("circuits") ? #"{"force":"open"}"# : "{}"
            let answer = try await stand.change(path, body)
            #expect(answer.status == 404)
        }
    }

    @Test("a body that says nothing clear changes nothing")
    func malformed() async throws {
        try await Stand.run(Self.rules, changes: true) { stand in
            for body in ["", "{}", "open", #"{"force":"ajar"}"#, #"{"force":1}"#, #"{"forced":"open"}"#] {
                #expect(try await stand.change("circuits/api/other", body).status == 422, "\(body)")
            }
            for body in ["[]", #"{"key":1}"#, "nonsense"] {
                #expect(try await stand.change("limits/api/ip/reset", body).status == 422, "\(body)")
            }
            let answer = try await stand.get("/")
            #expect(answer.status == 200)
        }
    }
}

extension Stand {
    /// How a call of each of two users is answered.
    fileprivate func statusesOfUsers() async throws -> [Int] {
        var statuses: [Int] = []
        for user in ["a", "b"] {
            statuses.append(try await get("/users", headers: ["X-User: \(user)"]).status)
        }
        return statuses
    }

    /// A POST to `/-/` and this path.
    fileprivate func change(_ path: String, _ body: String, headers: [String] = []) async throws -> RawResponse {
        try await HTTPCall.post(admin, "/-/\(path)", body: body, headers: headers, within: Self.patience)
    }
}
