/// One call on a connection of its own.
package enum HTTPCall {
    /// A GET; `headers` are lines such as `Accept: text/plain`.
    package static func get(
        _ endpoint: SocketEndpoint, _ target: String, headers: [String] = [],
        within limit: Duration = RawClient.patience
    ) async throws -> RawResponse {
        try await send("GET", endpoint, target, headers: headers, within: limit)
    }

    /// A GET of a port of 127.0.0.1.
    package static func get(port: Int, _ target: String, headers: [String] = []) async throws -> RawResponse {
        try await get(.loopback(port), target, headers: headers)
    }

    /// A POST of text.
    package static func post(
        _ endpoint: SocketEndpoint, _ target: String, body: String = "", headers: [String] = [],
        within limit: Duration = RawClient.patience
    ) async throws -> RawResponse {
        try await send("POST", endpoint, target, headers: headers, body: body, within: limit)
    }

    /// Any call. `Host` is added unless given, `Content-Length` when there is a body, and `Connection: close`.
    ///
    /// - Parameter limit: For connecting, sending and the response, each.
    package static func send(
        _ method: String, _ endpoint: SocketEndpoint, _ target: String, headers: [String] = [], body: String? = nil,
        within limit: Duration = RawClient.patience
    ) async throws -> RawResponse {
        let client = try await RawClient.connect(to: endpoint, within: limit)
        var lines = ["\(method) \(target) HTTP/1.1"]
        if HeaderLines(headers)["Host"] == nil {
            lines.append("Host: \(endpoint.authority)")
        }
        lines += headers + ["Connection: close"]
        if let body {
            lines.append("Content-Length: \(body.utf8.count)")
        }
        try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""), within: limit)
        let response = try await client.readResponse(headRequest: method == "HEAD", within: limit)
        await client.close()
        return response
    }
}
