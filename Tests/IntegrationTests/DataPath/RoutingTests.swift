import Foundation
import Testing
import WeirTestKit

extension DataPath {
    @Suite("Routing")
    struct RoutingTests {
        @Test("A target in absolute form is served, and is in origin form at the provider")
        func absoluteForm() async throws {
            try await Bench.run { bench in
                let caller = try await bench.caller()
                for (target, path) in [
                    ("http://api.example/a/b?c=d", "/a/b?c=d"), ("http://API.example:80/", "/"),
                    ("http://api.example", "/"), ("http://api.example?q", "/?q"),
                ] {
                    try await caller.send("GET \(target) HTTP/1.1\r\nHost: api.example\r\n\r\n")
                    #expect(try await caller.readResponse().status == 200)
                    let request = try #require(bench.provider.requests.last)
                    #expect(request.target == path)
                    #expect(request["Host"] == bench.provider.endpoint.authority)
                }
            }
        }

        @Test(
            "CONNECT and TRACE are refused and do not reach the provider",
            arguments: ["CONNECT a.example:443", "TRACE /"])
        func refusedMethods(start: String) async throws {
            try await Bench.run { bench in
                let (response, _) = try await bench.send("\(start) HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
                let problem = try expectRefusal(response, 405, "method_refused")
                #expect(problem.upstream == nil)
                #expect(problem.endpoint == nil)
                #expect(response["Allow"]?.contains("GET") == true)
                #expect(bench.provider.record.connections.isEmpty)
                try await bench.expectMetric(
                    "mm_api_requests_total", ["upstream": "", "endpoint": "", "outcome": "bad_request"], 1)
            }
        }

        @Test("A listener on a unix socket serves")
        func unixListener() async throws {
            try await Bench.run(listen: "unix:{folder}/l.sock") { bench in
                guard case .unix = bench.address else { throw Unexpected("\(bench.address) is no unix socket") }
                #expect(try await bench.get("/x").text == "ok")
                #expect(bench.provider.requests.first?["Host"] == bench.provider.endpoint.authority)
            }
        }

        @Test("A provider on a unix socket is reached")
        func unixProvider() async throws {
            let path = NSTemporaryDirectory() + "p-\(UUID().uuidString.prefix(8)).sock"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try await Bench.run(providerAt: .unix(path: path), url: { "\($0)" }) { bench in
                #expect(try await bench.get("/x?y").text == "ok")
                let request = try #require(bench.provider.requests.first)
                #expect(request.target == "/x?y")
                #expect(request["Host"] == "localhost")
            }
        }

        @Test("Upstreams that share a listener are told apart by authority, case and port ignored")
        func sharedListener() async throws {
            let one = try await ScriptedUpstream.start { _ in .respond(200, body: "one") }
            let two = try await ScriptedUpstream.start { _ in .respond(200, body: "two") }
            let weir = try WeirProcess.start(
                configuration: """
                    admin: { listen: "127.0.0.1:0" }
                    upstreams:
                      - { name: one, listen: "unix:{folder}/l.sock", hosts: [one.example, also.example, "[::1]"], url: "http://\(one.endpoint)" }
                      - { name: two, listen: "unix:{folder}/l.sock", hosts: [two.example], url: "http://\(two.endpoint)" }
                    """)
            let address = SocketEndpoint.unix(path: weir.folder.appending(path: "l.sock").path)
            try await weir.waitForLine(containing: "listening")

            for (host, body) in [
                ("one.example", "one"), ("ALSO.Example:8443", "one"), ("[::1]:8080", "one"), ("two.example", "two"),
                ("two.EXAMPLE:1", "two"),
            ] {
                let response = try await HTTPCall.get(address, "/", headers: ["Host: \(host)"])
                #expect(response.text == body, "Host: \(host)")
                let absolute = try await HTTPCall.get(address, "http://\(host)/", headers: ["Host: \(host)"])
                #expect(absolute.text == body, "http://\(host)/")
            }
            for host in ["example", "xone.example", "one.example.org", "127.0.0.1", "[::2]"] {
                let response = try await HTTPCall.get(address, "/", headers: ["Host: \(host)"])
                let problem = try expectRefusal(response, 404, "no_upstream")
                #expect(problem.upstream == nil)
                #expect(problem.endpoint == nil)
            }
            #expect(one.requests.count == 6)
            #expect(two.requests.count == 4)
            try await weir.stop()
            await one.stop()
            await two.stop()
        }

        @Test("An upstream without hosts serves what its neighbours do not")
        func fallback() async throws {
            let one = try await ScriptedUpstream.start { _ in .respond(200, body: "one") }
            let rest = try await ScriptedUpstream.start { _ in .respond(200, body: "rest") }
            let weir = try WeirProcess.start(
                configuration: """
                    admin: { listen: "127.0.0.1:0" }
                    upstreams:
                      - { name: rest, listen: "unix:{folder}/l.sock", url: "http://\(rest.endpoint)" }
                      - { name: one, listen: "unix:{folder}/l.sock", hosts: [one.example], url: "http://\(one.endpoint)" }
                    """)
            let address = SocketEndpoint.unix(path: weir.folder.appending(path: "l.sock").path)
            try await weir.waitForLine(containing: "listening")
            #expect(try await HTTPCall.get(address, "/", headers: ["Host: one.example"]).text == "one")
            #expect(try await HTTPCall.get(address, "/", headers: ["Host: else.example"]).text == "rest")
            try await weir.stop()
            await one.stop()
            await rest.stop()
        }
    }

    /// Something that makes the rest of a test pointless.
    struct Unexpected: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }
}
