import Glibc
import Testing

@testable import WeirAdmin

/// The event stream on sockets.
extension AdminServerTests {
    private func stream(
        _ target: String = "/events", _ fields: String = "", from server: AdminServer
    ) -> RawClient {
        let client = RawClient(to: server.address)
        client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
        return client
    }

    /// Reads until the text ends so, chunked as it is.
    private func read(_ client: RawClient, until end: String, after start: String = "") -> String {
        var text = start
        while !text.contains(end), let piece = client.read(), !piece.isEmpty {
            text += String(decoding: piece, as: UTF8.self)
        }
        return text
    }

    /// A stream that is let in, as soon as the places of those who left are free, and what it has told so far.
    private func admitted(_ target: String, by server: AdminServer) -> (client: RawClient, text: String) {
        while true {
            let client = stream(target, from: server)
            let start = client.read() ?? []
            if RawResponse(start).status != 503 { return (client, String(decoding: start, as: UTF8.self)) }
        }
    }

    private func tell(_ time: String = "t") {
        events.publish(AdminEvent(.circuit, time: time, upstream: "a"))
    }

    @Test("tells events as they come")
    func liveEvents() throws {
        let server = try serve()
        tell("before")
        let client = stream(from: server)
        let opening = read(client, until: "retry: 1000\n\n")
        #expect(opening.contains("HTTP/1.1 200 OK\r\n"))
        #expect(opening.contains("Content-Type: text/event-stream\r\n"))
        #expect(opening.contains("Cache-Control: no-store\r\n"))
        for number in 2...5 {
            tell("now")
            let event = read(client, until: "\n\n")
            #expect(
                event.contains(
                    "id: \(number)\nevent: circuit\n"
                        + "data: {\"seq\":\(number),\"time\":\"now\",\"type\":\"circuit\",\"upstream\":\"a\"}\n\n"))
        }
    }

    @Test("tells again what a client has not seen")
    func replayedEvents() throws {
        let server = try serve()
        for _ in 0..<3 { tell() }
        for client in [
            stream("/events?since=1", from: server), stream("/events", "Last-Event-ID: 1\r\n", from: server),
        ] {
            let text = read(client, until: "\"seq\":3")
            #expect(text.contains("id: 2\n"))
            #expect(!text.contains("id: 1\n"))
        }
    }

    @Test("answers HEAD with the head alone, which takes no place")
    func headOfEvents() throws {
        let server = try serve(maxConnections: 4)
        for _ in 0..<3 {
            let client = RawClient(to: server.address)
            client.send("HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let head = client.readToEnd()
            #expect(head.status == 200)
            #expect(head.field("Content-Type") == "text/event-stream")
            #expect(head.body == "")
        }
    }

    @Test("a client of HTTP/1.0 is told events without chunks")
    func http10Events() throws {
        let server = try serve()
        let client = RawClient(to: server.address)
        client.send("GET /events?since=0 HTTP/1.0\r\n\r\n")
        _ = read(client, until: "retry: 1000\n\n")
        tell()
        #expect(read(client, until: "\n\n").hasPrefix("id: 1\n"))
    }

    @Test("a comment keeps a quiet stream in use")
    func heartbeat() throws {
        let server = try serve(timeouts: AdminTimeouts(quiet: .milliseconds(50), tick: .milliseconds(10)))
        let client = stream(from: server)
        _ = read(client, until: "retry: 1000\n\n")
        for _ in 0..<3 {
            #expect(read(client, until: ":\n\n").hasSuffix(":\n\n\r\n"))
        }
    }

    @Test("there are no more readers than a quarter of all connections, and the place of one who left is free")
    func boundedStreams() throws {
        let server = try serve(maxConnections: 8, timeouts: AdminTimeouts(tick: .milliseconds(10)))
        var readers = (0..<2).map { _ in stream(from: server) }
        for reader in readers { _ = read(reader, until: "retry: 1000\n\n") }
        let refused = stream(from: server)
        #expect(refused.readResponse().status == 503)
        readers.removeLast()
        var status: Int? = 503
        // The one who left is noticed at the next tick.
        for _ in 0..<500 where status == 503 {
            let next = stream(from: server)
            status = RawResponse(next.read() ?? []).status
            if status == 200 { readers.append(next) }
        }
        #expect(status == 200)
        #expect(readers.count == 2)
    }

    @Test("a reader that takes nothing is let go, and delays no other")
    func stuckReader() throws {
        // On a unix socket, since on TCP the end of a connection is seen behind all that was not taken only.
        let path = "/tmp/weir-admin-\(getpid())-events.sock"
        let server = try AdminServer(
            settings: AdminSettings(listen: .unix(path: path)), timeouts: AdminTimeouts(inactivity: .seconds(1)),
            source: source, events: events)
        let stuck = stream("/events?since=0", from: server)
        let other = RawClient(to: server.address)
        other.send("GET /events?since=0 HTTP/1.0\r\n\r\n")
        _ = read(other, until: "retry: 1000\n\n")
        let long = String(repeating: "x", count: 100_000)
        for number in 1...20 {
            events.publish(AdminEvent(.reload, time: "t", details: [.init("problems", .texts([long]))]))
            #expect(read(other, until: "]}\n\n").hasPrefix("id: \(number)\n"))
        }
        #expect(get("/livez", from: server).status == 200)
        #expect(stuck.waitForHangUp())
    }

    @Test("ends every stream at once when it stops")
    func stopWhileStreaming() throws {
        let server = try serve()
        let readers = (0..<10).map { _ in stream(from: server) }
        for reader in readers { _ = read(reader, until: "retry: 1000\n\n") }
        tell()
        server.stop()
        for reader in readers {
            _ = reader.readToEnd()
        }
        tell()
    }

    @Test("a publisher on many threads and readers that come and go leave nothing undone")
    func manyReaders() throws {
        let server = try serve(timeouts: AdminTimeouts(tick: .milliseconds(1)))
        for round in 0..<20 {
            let readers = (0..<10).map { _ in admitted("/events?since=0", by: server) }
            for _ in 0..<10 { tell() }
            let last = "\"seq\":\((round + 1) * 10),"
            for (reader, text) in readers { #expect(read(reader, until: last, after: text).contains(last)) }
        }
    }
}
