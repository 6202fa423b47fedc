import Testing
import WeirTestKit

extension DataPath {
    @Suite("A malformed answer")
    struct ProviderHeadTests {
        struct Row: Sendable, CustomTestStringConvertible {
            let name: String
            let bytes: String
            var testDescription: String { name }

            init(_ name: String, _ bytes: String) {
                self.name = name
                self.bytes = bytes
            }

            /// An answer with these fields, which must not pass whatever stands behind it.
            static func fields(_ name: String, _ fields: String) -> Row {
                Row(name, "HTTP/1.1 200 OK\r\n\(fields)\r\nhello")
            }
        }

        private static let rows: [Row] = [
            Row("not HTTP", "SSH-2.0-OpenSSH_9.2\r\n"), Row("HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"),
            Row("HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n"),
            Row("an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            Row("two digits of status", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
            Row("four digits of status", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
            Row("a status that is no number", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"),
            Row("status 099", "HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n"),
            Row("status 600", "HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n"),
            Row("bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
            Row(
                "an unasked 101",
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
            .fields("two lengths", "Content-Length: 5\r\nContent-Length: 5\r\n"),
            .fields("a list of lengths", "Content-Length: 5, 5\r\n"),
            .fields("a signed length", "Content-Length: +5\r\n"),
            .fields("a negative length", "Content-Length: -1\r\n"),
            .fields("an empty length", "Content-Length: \r\n"),
            .fields("a length beyond measure", "Content-Length: 99999999999999999999\r\n"),
            .fields("length and coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
            .fields("an unknown coding", "Transfer-Encoding: gzip, chunked\r\n"),
            .fields("identity coding", "Transfer-Encoding: identity\r\n"),
            .fields("folding", "X-A: b\r\n c\r\nContent-Length: 5\r\n"),
            .fields("a blank before the colon", "Content-Length : 5\r\n"), .fields("no colon", "nothing\r\n"),
            .fields("no name", ": 5\r\n"), .fields("NUL", "X-A: \0\r\nContent-Length: 5\r\n"),
            .fields("bare CR", "X-A: a\rb\r\nContent-Length: 5\r\n"),
            Row("coding of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            .fields("a head above 32 KiB", "X-A: \(String(repeating: "a", count: 40_000))\r\nContent-Length: 5\r\n"),
        ]

        @Test("is a 502 upstream_invalid, and its connection is not used again")
        func malformed() async throws {
            let rows = Self.rows
            let script: ScriptedUpstream.Script = { request in
                guard let index = Int(request.target.dropFirst()) else { return .respond(200, body: "good") }
                return .raw(rows[index].bytes).then(.hang)
            }
            try await Bench.run(script: script) { bench in
                let caller = try await bench.caller()
                for (index, row) in rows.enumerated() {
                    try await caller.send("GET /\(index) HTTP/1.1\r\nHost: h\r\n\r\n")
                    let response = try await caller.readResponse()
                    try expectRefusal(response, 502, "upstream_invalid", Comment(rawValue: row.name))
                    #expect(response["Connection"] == nil, "\(row.name)")
                    try await bench.provider.wait(for: "the end of \(row.name)") { $0.openConnections == 0 }
                }
                try await caller.send("GET /good HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(try await caller.readResponse().text == "good")
                try await bench.expectMetric(
                    "mm_api_failures_total", ["endpoint": "other", "code": "network"], Double(rows.count))
            }
        }
    }
}
