import Foundation
import Glibc
import Testing

@testable import WeirAdmin

/// Where it listens, how it starts and stops.
extension AdminServerTests {
    private func error(listen: AdminAddress) -> AdminError? {
        do {
            _ = try AdminServer(settings: AdminSettings(listen: listen), source: source, events: EventFeed())
            return nil
        } catch {
            return error
        }
    }

    /// The sockets on `port` as they are called in /proc: who listens there, and whom it has accepted.
    private func sockets(port: Int) throws -> [String] {
        let table = try String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8)
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            let local = fields[1].split(separator: ":").last.flatMap { Int($0, radix: 16) }
            return local == port ? "socket:[\(fields[9])]" : nil
        }
    }

    /// Open descriptors of one of `kinds`, by what /proc calls them. Counting all of them would count those of the tests
    /// that run at the same time.
    private func openDescriptors(of kinds: Set<String>) throws -> Int {
        let folder = "/proc/self/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            return target.map(kinds.contains) ?? false
        }
    }

    private func socketPath() -> String {
        "/tmp/weir-admin-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    }

    @Test("says where it listens, the port it was given included")
    func addresses() throws {
        let server = try serve()
        #expect(server.address.hasPrefix("127.0.0.1:"))
        #expect(!server.address.hasSuffix(":0"))
        let six = try AdminServer(
            settings: AdminSettings(listen: .tcp(host: "::1", port: 0)), source: source, events: EventFeed())
        #expect(six.address.hasPrefix("[::1]:"))
        #expect(get("/livez", from: six, host: "[::1]:1").status == 200)
    }

    @Test("says that a port is taken")
    func busyPort() throws {
        let server = try serve()
        let port = Int(server.address.split(separator: ":").last ?? "") ?? 0
        let error = error(listen: .tcp(host: "127.0.0.1", port: port))
        #expect(error == .addressInUse(server.address))
        #expect(error?.description == "admin: \(server.address) is already in use by another process")
        #expect(get("/livez", from: server).status == 200)
    }

    @Test(
        "explains every other address that cannot be had",
        arguments: [
            (.tcp(host: "192.0.2.1", port: 1), "192.0.2.1:1: Cannot assign requested address"),
            (.tcp(host: "127.0.0.1", port: 65536), "127.0.0.1:65536: a port is a number from 0 to 65535"),
            (.tcp(host: "127.0.0.1", port: -1), "127.0.0.1:-1: a port is a number from 0 to 65535"),
            (.tcp(host: "256.0.0.1", port: 1), "256.0.0.1:1: "),
            (.unix(path: "/nonexistent/a.sock"), "unix:/nonexistent/a.sock: No such file or directory"),
            (.unix(path: "/etc/hostname"), "unix:/etc/hostname: the file is no socket"),
            (.unix(path: ""), "unix:: a socket's path has 1 to 107 bytes"),
            (.unix(path: "/" + String(repeating: "a", count: 107)), ": a socket's path has 1 to 107 bytes"),
        ] as [(AdminAddress, String)])
    func otherErrors(address: AdminAddress, text: String) {
        guard case .other(let said) = error(listen: address) else {
            Issue.record("no error, or another")
            return
        }
        #expect(said.contains(text))
    }

    @Test("explains a lack of permission")
    func permission() {
        #expect(AdminError.permissionDenied("a:1").description == "admin: no permission to listen on a:1")
    }

    @Test("serves on a unix socket, replaces one left behind, keeps one in use, and removes its own")
    func unixSocket() throws {
        let path = socketPath()
        let settings = AdminSettings(listen: .unix(path: path))
        leaveBehind(path)
        #expect(access(path) == 0)
        let server = try AdminServer(settings: settings, source: source, events: EventFeed())
        #expect(server.address == "unix:" + path)
        #expect(get("/metrics", from: server).status == 200)
        #expect(get("/metrics", from: server, host: "evil.example").status == 421)
        #expect(error(listen: .unix(path: path)) == .addressInUse("unix:" + path))
        #expect(get("/metrics", from: server).status == 200)
        server.stop()
        #expect(access(path) != 0)
    }

    @Test("stops at once while a scrape is being gathered, however often it is told")
    func stopWhileGathering() throws {
        let source = ScriptedSource(held: true)
        let server = try serve(source)
        let client = RawClient(to: server.address)
        client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(source.waitForGathering())
        server.stop()
        server.stop()
        #expect(client.read() != nil)
        source.release()
        #expect(RawClient(to: server.address).read() == [])
    }

    @Test("stops at once while clients are connected and idle, or in the midst of a request or an answer")
    func stopWhileConnected() throws {
        let source = ScriptedSource(metrics: String(repeating: "a 1\n", count: 5_000_000))
        let server = try serve(source)
        let idle = RawClient(to: server.address)
        let asking = RawClient(to: server.address)
        asking.send("GET /met")
        let taking = RawClient(to: server.address)
        taking.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(taking.read()?.isEmpty == false)
        server.stop()
        #expect(idle.read() == [])
        #expect(asking.read() == [])
    }

    @Test("frees its address when nobody holds it any more")
    func release() throws {
        var server: AdminServer? = try serve()
        let address = try #require(server?.address)
        server = nil
        let port = Int(address.split(separator: ":").last ?? "") ?? 0
        #expect(error(listen: .tcp(host: "127.0.0.1", port: port)) == nil)
    }

    @Test("leaves no descriptor behind in 300 starts and stops")
    func descriptors() throws {
        var kinds: Set<String> = ["anon_inode:[eventpoll]", "anon_inode:[eventfd]"]
        func cycle(_ round: Int) throws {
            let source = ScriptedSource(held: round % 3 == 0)
            let server = try serve(source)
            let port = try #require(server.address.split(separator: ":").last.flatMap { Int($0) })
            let client = RawClient(to: server.address)
            client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if round % 2 == 0 { #expect(source.waitForGathering()) }
            kinds.formUnion(try sockets(port: port))
            server.stop()
            source.release()
        }
        try cycle(0)
        let before = try openDescriptors(of: kinds)
        for round in 0..<300 {
            try cycle(round)
        }
        // A few are of other tests' event loops.
        #expect(try openDescriptors(of: kinds) < before + 30)
    }

    @Test("serves with more than 1024 descriptors open before it starts")
    func manyDescriptors() throws {
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let previous = limit.rlim_cur
        limit.rlim_cur = min(4096, limit.rlim_max)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let held = (0..<2000).map { _ in dup(0) }
        defer {
            for descriptor in held { close(descriptor) }
            limit.rlim_cur = previous
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        try #require((held.max() ?? 0) > 1500, "the limit of open files cannot be raised above \(limit.rlim_cur)")
        let server = try serve()
        for _ in 0..<3 {
            #expect(get("/metrics", from: server).status == 200)
        }
    }

    private func access(_ path: String) -> Int32 {
        unsafe Glibc.access(path, F_OK)
    }

    /// Makes a socket file on which nobody listens.
    private func leaveBehind(_ path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        unsafe withUnsafeBytes(of: name) { bytes in
            let address = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            _ = unsafe bind(descriptor, address, socklen_t(bytes.count))
        }
        close(descriptor)
    }
}
