import Foundation
import Testing
import WeirTestKit

extension Stand {
    /// Writes the configuration anew, as that of `run`, and has it taken.
    ///
    /// - Parameters:
    ///   - rules: Keys of the upstream `api`, in YAML at the margin.
    ///   - more: Further upstreams, each a list element at the margin.
    /// - Returns: What `POST /-/reload` answers.
    @discardableResult
    func reload(
        _ rules: String = "", root: String = "", listen: String = "127.0.0.1:0", url: String? = nil, more: String = ""
    ) async throws -> RawResponse {
        let text = Self.configuration(
            rules, root: root, url: url ?? "http://\(upstream.endpoint)", listen: listen, changes: true)
        let rest = more.split(separator: "\n").map { "  \($0)\n" }.joined()
        return try await reload(configuration: text + rest)
    }

    /// Writes this configuration, and has it taken.
    func reload(configuration text: String) async throws -> RawResponse {
        try weir.writeConfiguration(text)
        return try await HTTPCall.post(admin, "/-/reload", within: Self.patience)
    }

    /// The answer to a GET on a connection that stays open.
    func get(_ target: String, on client: RawClient) async throws -> RawResponse {
        try await client.send("GET \(target) HTTP/1.1\r\nHost: \(address.authority)\r\n\r\n", within: Self.patience)
        return try await client.readResponse(within: Self.patience)
    }
}

extension RawResponse {
    /// The problems of a 422.
    func problems() throws -> [String] {
        try JSONDecoder().decode(JSONValue.self, from: Data(body))["problems"].elements.compactMap(\.string)
    }
}
