import Glibc
import Testing

@testable import WeirAdmin

/// Many clients, and clients that behave badly.
extension AdminServerTests {
    /// A client that has asked for `target` and not yet read the answer.
    private func asking(_ target: String, _ field: String = "A: b", from server: AdminServer) -> RawClient {
        let client = RawClient(to: server.address)
        client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(field)\r\nConnection: close\r\n\r\n")
        return client
    }

    /// A source whose metrics fit into no socket's buffers.
    private func large() -> ScriptedSource {
        ScriptedSource(metrics: String(repeating: "a 1\n", count: 5_000_000))
    }

    @Test("scrapes that ask at once share the work, and none is shown a state older than its question")
    func parallelScrapes() throws {
        let source = ScriptedSource(held: true)
        let server = try serve(source)
        let first = asking("/metrics", from: server)
        #expect(source.waitForGathering())
        let clients = (0..<50).map { _ in asking("/metrics", from: server) }
        for _ in 0..<3 {
            #expect(get("/livez", from: server).status == 200)
        }
        #expect(source.gatherings == 1)
        source.release()
        for client in [first] + clients {
            #expect(client.readToEnd().body == "# HELP a A\n# TYPE a gauge\na 1\n")
        }
        // One who was late may have had one of its own.
        #expect((2...3).contains(source.gatherings))
    }

    @Test("who asks for another format is given that")
    func unlikeScrapes() throws {
        let source = ScriptedSource(held: true)
        let server = try serve(source)
        let text = asking("/metrics", from: server)
        #expect(source.waitForGathering())
        let openMetrics = asking("/metrics", "Accept: application/openmetrics-text", from: server)
        #expect(source.waitForGathering())
        let some = asking("/metrics?name[]=a", from: server)
        #expect(source.waitForGathering())
        source.release()
        for client in [text, openMetrics, some] {
            #expect(client.readToEnd().status == 200)
        }
        #expect(
            source.queries == [
                MetricsQuery(), MetricsQuery(format: .openMetrics), MetricsQuery(names: ["a"]),
            ])
    }

    @Test("a scrape that is being gathered delays no probe")
    func probeDuringScrape() throws {
        let source = ScriptedSource(held: true)
        let server = try serve(source)
        let scrape = asking("/metrics", from: server)
        #expect(source.waitForGathering())
        #expect(get("/livez", from: server).status == 200)
        source.release()
        #expect(scrape.readToEnd().status == 200)
    }

    @Test("a client that sends nothing delays no scrape")
    func silentClient() throws {
        let server = try serve()
        let silent = (0..<100).map { _ in RawClient(to: server.address) }
        #expect(get("/metrics", from: server).status == 200)
        withExtendedLifetime(silent) {}
    }

    @Test("a client that takes nothing delays no scrape")
    func stuckReaders() throws {
        let server = try serve(large())
        let stuck = (0..<5).map { _ in asking("/metrics", from: server) }
        #expect(get("/metrics", from: server).body.utf8.count == 20_000_000)
        withExtendedLifetime(stuck) {}
    }

    @Test("a client that has gone before its answer was there does no harm")
    func goneClient() throws {
        let source = ScriptedSource(held: true)
        let server = try serve(source)
        for (target, resets) in [("/metrics", true), ("/status", false)] {
            let client = asking(target, from: server)
            #expect(source.waitForGathering())
            if resets { client.resetOnClose() }
        }
        source.release()
        #expect(get("/metrics", from: server).status == 200)
    }

    @Test("a crowd that asks for nothing locks nobody out: the one that came first gives way")
    func crowd() throws {
        let server = try serve(maxConnections: 16)
        let silent = (0..<200).map { _ in RawClient(to: server.address) }
        #expect(get("/metrics", from: server).status == 200)
        #expect(silent[0].read() == [])
        withExtendedLifetime(silent) {}
    }

    @Test("a crowd that takes no answers locks nobody out")
    func crowdOfStuckReaders() throws {
        let server = try serve(large(), maxConnections: 16)
        let stuck = (0..<60).map { _ in asking("/metrics", from: server) }
        #expect(get("/livez", from: server).status == 200)
        withExtendedLifetime(stuck) {}
    }

    @Test("lets a client go that sends and takes nothing for a while")
    func inactivity() throws {
        let server = try serve(timeouts: AdminTimeouts(inactivity: .seconds(1)))
        #expect(RawClient(to: server.address).read() == [])
    }

    @Test("lets a client go whose request does not get done")
    func requestDeadline() throws {
        let server = try serve(timeouts: AdminTimeouts(request: .milliseconds(100), tick: .milliseconds(10)))
        let client = RawClient(to: server.address)
        client.send("GET /livez HTTP/1.1\r\nHost: local")
        #expect(client.read() == [])
    }

    @Test("lets a client go that does not get done with taking its answer")
    func answerDeadline() throws {
        // On a unix socket, since on TCP the end of a connection is seen behind all that was not taken only.
        let path = "/tmp/weir-admin-\(getpid())-slow.sock"
        let server = try AdminServer(
            settings: AdminSettings(listen: .unix(path: path)),
            timeouts: AdminTimeouts(answer: .milliseconds(100), tick: .milliseconds(10)), source: large(),
            events: EventFeed())
        let client = asking("/metrics", from: server)
        #expect(client.waitForHangUp())
        #expect(client.readToEnd().body.utf8.count < 20_000_000)
    }

    @Test("answers 503 when gathering takes too long, and what comes later is dropped")
    func gatherDeadline() throws {
        let source = ScriptedSource(held: true)
        let server = try serve(
            source, timeouts: AdminTimeouts(gather: .milliseconds(50), tick: .milliseconds(10)))
        #expect(get("/metrics", from: server).status == 503)
        source.release()
        #expect(get("/metrics", from: server).status == 200)
    }
}
