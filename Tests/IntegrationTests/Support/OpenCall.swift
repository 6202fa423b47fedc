import WeirTestKit

/// A call that has been sent, on a connection of its own, and may be answered later or given up.
struct OpenCall: Sendable {
    private let client: RawClient

    /// Sends a GET.
    static func get(_ address: SocketEndpoint, _ target: String, headers: [String] = []) async throws -> OpenCall {
        let call = OpenCall(client: try await RawClient.connect(to: address, within: Stand.patience))
        let lines = ["GET \(target) HTTP/1.1", "Host: \(address.authority)"] + headers
        try await call.client.send(lines.joined(separator: "\r\n") + "\r\n\r\n", within: Stand.patience)
        return call
    }

    /// Sends a POST but for its body: a scripted upstream answers only after `finish`.
    static func held(_ address: SocketEndpoint, _ target: String) async throws -> OpenCall {
        let call = OpenCall(client: try await RawClient.connect(to: address, within: Stand.patience))
        let head = "POST \(target) HTTP/1.1\r\nHost: \(address.authority)\r\nContent-Length: 4\r\n\r\n"
        try await call.client.send(head, within: Stand.patience)
        return call
    }

    /// Sends the body of a held call.
    func finish() async throws {
        try await client.send("done", within: Stand.patience)
    }

    /// The response.
    func response() async throws -> RawResponse {
        try await client.readResponse(within: Stand.patience)
    }

    /// Everything until the other side closes.
    func bytesUntilClose() async throws -> [UInt8] {
        try await client.readUntilClose(within: Stand.patience)
    }

    /// Closes the connection.
    func hangUp() async {
        await client.close()
    }

    /// Says that nothing more will be sent, and listens on.
    func halfClose() async throws {
        try await client.halfClose()
    }
}
