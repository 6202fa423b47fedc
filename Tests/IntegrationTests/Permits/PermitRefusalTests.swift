import Testing
import WeirTestKit

/// What the acquire/report API does not take.
@Suite("Requests for permits that are refused")
struct PermitRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let what: String
        let path: String
        let body: String
        let status: Int
        let reason: String
        var headers: [String] = []

        var testDescription: String { what }
    }

    private static let cases = [
        Case(what: "no JSON", path: "/v1/acquire", body: "cost=1", status: 400, reason: "bad_request"),
        Case(what: "no object", path: "/v1/acquire", body: "[]", status: 400, reason: "bad_request"),
        Case(what: "no upstream", path: "/v1/acquire", body: "{}", status: 400, reason: "bad_request"),
        Case(
            what: "an unknown upstream", path: "/v1/acquire", body: #"{"upstream":"x"}"#, status: 404,
            reason: "no_upstream"),
        Case(
            what: "an unknown endpoint", path: "/v1/acquire", body: #"{"upstream":"api","endpoint":"x\r\nA: b"}"#,
            status: 400, reason: "bad_request"),
        Case(
            what: "an unknown member", path: "/v1/acquire", body: #"{"upstream":"api","costs":1}"#, status: 400,
            reason: "bad_request"),
        Case(
            what: "a cost of no number", path: "/v1/acquire", body: #"{"upstream":"api","cost":"1"}"#, status: 400,
            reason: "bad_request"),
        Case(
            what: "a cost of 0", path: "/v1/acquire", body: #"{"upstream":"api","cost":0}"#, status: 400,
            reason: "bad_request"),
        Case(
            what: "a cost that can never be", path: "/v1/acquire", body: #"{"upstream":"api","cost":6}"#, status: 400,
            reason: "bad_request"),
        Case(
            what: "an unknown priority", path: "/v1/acquire", body: #"{"upstream":"api","priority":"top"}"#,
            status: 400, reason: "bad_request"),
        Case(
            what: "a negative wait", path: "/v1/acquire", body: #"{"upstream":"api","max_wait_ms":-1}"#, status: 400,
            reason: "bad_request"),
        Case(
            what: "an endless wait", path: "/v1/acquire", body: #"{"upstream":"api","max_wait_ms":1e300}"#,
            status: 400, reason: "bad_request"),
        Case(
            what: "too long a body", path: "/v1/acquire",
            body: #"{"upstream":"\#(String(repeating: "a", count: 70_000))"}"#, status: 413, reason: "too_large"),
        Case(
            what: "a report of nothing", path: "/v1/report", body: #"{"outcome":"success"}"#, status: 400,
            reason: "bad_request"),
        Case(
            what: "an unknown outcome", path: "/v1/report", body: #"{"permit":"api.1","outcome":"fine"}"#, status: 400,
            reason: "bad_request"),
        Case(
            what: "an unknown code", path: "/v1/report", body: #"{"permit":"api.1","outcome":"failure","code":"x"}"#,
            status: 400, reason: "bad_request"),
        Case(
            what: "an unknown permit", path: "/v1/report", body: #"{"permit":"api.1","outcome":"success"}"#,
            status: 404, reason: "unknown_permit"),
        Case(
            what: "a permit of an unknown upstream", path: "/v1/report", body: #"{"permit":"x.1","outcome":"success"}"#,
            status: 404, reason: "unknown_permit"),
        Case(what: "another path", path: "/v2/acquire", body: "{}", status: 404, reason: "not_found"),
        Case(
            what: "a page in a browser", path: "/v1/acquire", body: #"{"upstream":"api"}"#, status: 403,
            reason: "origin_refused", headers: ["Origin: http://127.0.0.1"]),
    ]

    @Test("each is told why, and takes nothing")
    func refused() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 5, per: 60s }]
            """
        try await PermitStand.run(rules) { stand in
            for item in Self.cases {
                let answer = try await stand.post(item.path, item.body, headers: item.headers)
                #expect(answer.status == item.status, "\(item.what)")
                #expect(answer.reason == item.reason, "\(item.what)")
                #expect(answer["Content-Type"] == "application/problem+json", "\(item.what)")
                #expect(try answer.problem()["status"] == .number(Double(item.status)), "\(item.what)")
            }
            let get = try await HTTPCall.get(stand.api, "/v1/acquire", within: Stand.patience)
            #expect(get.status == 405)
            #expect(get["Allow"] == "POST")
            let limit = try await stand.stand.upstreamStatus()["limits"].named("ip")
            #expect(limit["used"] == .number(0))
        }
    }

    @Test("a request that is never complete is let go")
    func slow() async throws {
        try await PermitStand.run { stand in
            let client = try await RawClient.connect(to: stand.api, within: Stand.patience)
            try await client.send("POST /v1/acquire HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
            _ = try await client.readUntilClose(within: Stand.patience)
        }
    }
}
