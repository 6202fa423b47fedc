import Foundation
import Testing
import WeirCore
import WeirSharing
import WeirTestKit

/// One link to a real redis-server, which is stopped, killed and emptied.
@Suite(.serialized) struct FleetLinkTests {
    private let alone = FleetSettings(instances: 1, slack: .milliseconds(200))
    private let limit = LimitSettings.Algorithm.slidingWindow(requests: 100, per: .seconds(30))

    private func start(_ address: RedisAddress, id: String = "a") async throws -> LinkedInstance {
        try await LinkedInstance.start(limit, settings: alone, at: address, id: id)
    }

    @Test func sharesOverTCP() async throws {
        let server = try RedisServer()
        let instance = try await start(
            RedisAddress(transport: .tcp(host: "127.0.0.1", port: server.port)))
        #expect(try await instance.comes(\.isShared))
        #expect(try await instance.send(40) == 40)
        #expect(try await instance.state().used == 40)
        try await instance.stop()
    }

    @Test func manyUnitsTakeFewRoundTrips() async throws {
        let server = try RedisServer()
        let instance = try await start(RedisAddress(transport: .unix(path: server.path)))
        #expect(try await instance.comes(\.isShared))
        #expect(try await instance.send(1) == 1)
        let before = try await instance.state().roundTrips
        #expect(try await instance.send(99) == 99)
        #expect(try await instance.state().roundTrips - before <= 10)
        try await instance.stop()
    }

    @Test func authenticatesAndSelectsADatabaseOverAUnixSocket() async throws {
        let server = try RedisServer(["--requirepass", "se cret"])
        let address = RedisAddress(transport: .unix(path: server.path), database: 3, password: "se cret")
        let instance = try await start(address)
        #expect(try await instance.comes(\.isShared))
        #expect(try await instance.send(5) == 5)
        let redis = try SyncRedis(path: server.path)
        _ = try redis.call(["AUTH", "se cret"])
        #expect(try redis.call(["DBSIZE"]) == .integer(0))
        _ = try redis.call(["SELECT", "3"])
        #expect(try redis.call(["DBSIZE"]) == .integer(3))
        try await instance.stop()
    }

    @Test func aWrongPasswordIsToldWithoutShowingIt() async throws {
        let server = try RedisServer(["--requirepass", "right"])
        let instance = try await start(RedisAddress(transport: .unix(path: server.path), password: "wr0ng"))
        #expect(try await instance.comes { $0.isApart && !$0.ended.isEmpty })
        let state = try await instance.state()
        #expect(state.ended.contains { $0.hasPrefix("refused AUTH") })
        #expect(!state.ended.contains { $0.contains("wr0ng") })
        try await instance.stop()
    }

    @Test func aScriptThatTheServerHasLostIsLoadedAgainAndNothingCountsTwice() async throws {
        let server = try RedisServer()
        let instance = try await start(RedisAddress(transport: .unix(path: server.path)))
        #expect(try await instance.comes(\.isShared))
        let redis = try SyncRedis(path: server.path)
        var sent = 0
        for _ in 0..<5 {
            _ = try redis.call(["SCRIPT", "FLUSH"])
            sent += try await instance.send(4)
        }
        #expect(sent == 20)
        #expect(try redis.call(["HGET", "test:{u}:l", "u1"]) == .text("20"))
        #expect(try await instance.state().events.isEmpty)
        try await instance.stop()
    }

    /// rate-limit-redis#251: without a timeout for commands everything hung.
    @Test func aStoppedServerIsDoneWithoutAndComesBack() async throws {
        let server = try RedisServer()
        let instance = try await start(RedisAddress(transport: .unix(path: server.path)))
        #expect(try await instance.comes(\.isShared))
        #expect(try await instance.send(30) == 30)
        server.signal(SIGSTOP)
        #expect(try await instance.comes(\.isApart))
        // What was used counts on: of 100, alone in its fleet, 70 are left, and 30 of them until what was used has
        // gone.
        #expect(try await instance.send(100, within: .milliseconds(300)) == 0)
        server.signal(SIGCONT)
        #expect(try await instance.comes(\.isShared))
        #expect(try await instance.state().events == [.lost, .back])
        #expect(try await instance.send(100, within: .milliseconds(500)) == 70)
        try await instance.stop()
    }

    @Test func aServerThatDiedAndCameBackEmptyIsToldWhatWasUsed() async throws {
        let server = try RedisServer()
        let instance = try await start(RedisAddress(transport: .unix(path: server.path)))
        #expect(try await instance.comes(\.isShared))
        #expect(try await instance.send(30) == 30)
        server.kill()
        #expect(try await instance.comes(\.isApart))
        try server.start()
        #expect(try await instance.comes { $0.isShared && $0.used == 30 })
        #expect(try await instance.send(100, within: .seconds(1)) == 70)
        try await instance.stop()
    }

    @Test func withoutAServerAnInstanceDecidesByItself() async throws {
        let instance = try await start(RedisAddress(transport: .unix(path: "/nonexistent/r.sock")))
        #expect(try await instance.comes(\.isApart))
        try await instance.stop()
    }
}
