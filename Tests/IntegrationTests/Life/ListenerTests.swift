import Testing
import WeirTestKit

@Suite("Listeners")
struct ListenerTests {
    @Test("Each upstream is reached where it says, whether the address is shared, its own or the system's choice")
    func addresses() async throws {
        let provider = try await ScriptedUpstream.start { request in
            .respond(200, body: request["X-Upstream"] ?? "nobody")
        }
        var configuration = "admin: { listen: \"127.0.0.1:0\" }\nupstreams:\n"
        for (name, listen, hosts) in [
            ("first", "unix:{folder}/a.sock", "[a.test]"), ("second", "127.0.0.1:0", "[]"),
            ("third", "unix:{folder}/a.sock", "[]"), ("fourth", "127.0.0.1:0", "[]"),
        ] {
            configuration += """
                  - name: \(name)
                    listen: "\(listen)"
                    hosts: \(hosts)
                    url: "http://\(provider.endpoint)"
                    request_headers: { X-Upstream: \(name) }

                """
        }
        let weir = try WeirProcess.start(configuration: configuration)
        for (upstream, host, expected) in [
            ("first", "A.test:80", "first"), ("third", "b.test", "third"), ("second", "a.test", "second"),
            ("fourth", "a.test", "fourth"),
        ] {
            let client = try await RawClient.connect(to: try await weir.address(of: upstream))
            try await client.send("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(try await client.readResponse().text == expected)
            await client.close()
        }
        try await weir.stop()
        await provider.stop()
    }
}
