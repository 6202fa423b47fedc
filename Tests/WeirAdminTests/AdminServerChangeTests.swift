import Testing

@testable import WeirAdmin

/// What a POST may do.
extension AdminServerTests {
    private func post(
        _ target: String, body: String = "", field: String = "A: b", to server: AdminServer
    ) -> RawResponse {
        let client = RawClient(to: server.address)
        let head = "POST \(target) HTTP/1.1\r\nHost: localhost\r\n\(field)\r\nConnection: close\r\n"
        client.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
        return client.readToEnd()
    }

    @Test("a change is asked for with its body, and answered with what became of it")
    func changed() throws {
        let server = try serve(allowChanges: true)
        #expect(post("/-/circuits/a", body: #"{"force":"open"}"#, to: server).status == 204)
        #expect(post("/-/circuits/a/b", to: server).status == 202)
        #expect(post("/-/limits/a/b/reset", body: "{}", to: server).status == 404)
        let reload = post("/-/reload", to: server)
        #expect(reload.status == 422)
        #expect(reload.field("Content-Type") == "application/json")
        #expect(reload.body == #"{"problems":["weir.yaml:1:1: \"a\" is wrong","and so\u000ais this"]}"# + "\n")
        #expect(
            source.changes == [
                .circuit(upstream: "a", endpoint: nil, body: Array(#"{"force":"open"}"#.utf8)),
                .circuit(upstream: "a", endpoint: "b", body: []),
                .resetLimit(upstream: "a", limit: "b", endpoint: nil, body: Array("{}".utf8)), .reload,
            ])
    }

    @Test("nothing changes unless that is allowed, and never from a page in a browser")
    func forbidden() throws {
        #expect(post("/-/reload", to: try serve()).status == 403)
        let server = try serve(allowChanges: true)
        #expect(post("/-/reload", field: "Origin: http://localhost", to: server).status == 403)
        #expect(source.changes == [])
    }

    @Test("a body comes whole, however it is cut, and up to the last byte that is let in")
    func wholeBody() throws {
        let server = try serve(allowChanges: true)
        let body = String(repeating: "0123456789abcdef", count: 256)
        let client = RawClient(to: server.address)
        client.send("POST /-/circuits/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4096\r\n\r\n")
        for start in stride(from: 0, to: 4096, by: 512) {
            client.send(String(body.dropFirst(start).prefix(512)))
            #expect(get("/livez", from: server).status == 200)
        }
        #expect(client.readResponse().status == 204)
        #expect(source.changes == [.circuit(upstream: "a", endpoint: nil, body: Array(body.utf8))])
        #expect(post("/-/circuits/a", body: body + "x", to: server).status == 413)
    }

    @Test("a change that takes too long is made to its end, though nobody waits for it any more")
    func slowChange() throws {
        let source = ScriptedSource(held: true)
        let server = try serve(
            source, allowChanges: true,
            timeouts: AdminTimeouts(gather: .milliseconds(50), tick: .milliseconds(10)))
        #expect(post("/-/circuits/a", to: server).status == 503)
        source.release()
        #expect(post("/-/circuits/a", to: server).status == 204)
        #expect(source.changes.count == 2)
    }
}
