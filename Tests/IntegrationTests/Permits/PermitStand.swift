import Foundation
import Testing
import WeirTestKit

/// A weir whose acquire/report API is on, for one test.
struct PermitStand: Sendable {
    /// What turns it on.
    static let api = #"api: { listen: "127.0.0.1:0" }"#

    let stand: Stand
    let api: SocketEndpoint

    /// As `Stand.run`.
    static func run(
        _ rules: String = "", changes: Bool = false,
        script: @escaping ScriptedUpstream.Script = { _ in .respond(200, body: "ok") },
        _ body: (PermitStand) async throws -> Void
    ) async throws {
        try await Stand.run(rules, root: api, changes: changes, script: script) { stand in
            let api = try await stand.weir.serviceAddress("api", within: Stand.patience)
            try await body(PermitStand(stand: stand, api: api))
        }
    }

    /// Asks for a permit with these members, written as JSON, beside the upstream's name.
    func acquire(_ members: String = "") async throws -> RawResponse {
        try await post("/v1/acquire", #"{"upstream":"api"\#(members.isEmpty ? "" : ",")\#(members)}"#)
    }

    /// A permit that has to be there.
    func permit(_ members: String = "") async throws -> String {
        let response = try await acquire(members)
        #expect(response.status == 200)
        return try #require(try response.problem()["permit"].string)
    }

    func report(_ permit: String, _ outcome: String, _ more: String = "") async throws -> RawResponse {
        try await post(
            "/v1/report", #"{"permit":"\#(permit)","outcome":"\#(outcome)"\#(more.isEmpty ? "" : ",")\#(more)}"#)
    }

    func post(_ path: String, _ body: String, headers: [String] = []) async throws -> RawResponse {
        try await HTTPCall.post(api, path, body: body, headers: headers, within: Stand.patience)
    }
}
