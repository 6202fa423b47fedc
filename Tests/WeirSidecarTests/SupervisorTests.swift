import Foundation
import Testing
import WeirConfiguration
import WeirCore
import WeirTestKit

@testable import WeirSidecar

@Suite("Telling the supervisor")
struct SupervisorTests {
    private static func logs(_ lines: Observed<[UInt8]>) -> Logs {
        Logs(LogOptions(), now: { Instant(nanoseconds: 0) }, write: { more in lines.change { $0 += more } })
    }

    @Test("States go to the socket, at a path or under an abstract name", arguments: [false, true])
    func states(isAbstract: Bool) async throws {
        let name = "weir-\(UUID().uuidString)"
        let address = isAbstract ? "@\(name)" : "/tmp/\(name)"
        let socket = try NotifySocket(address)
        defer { socket.close() }
        let written = Observed<[UInt8]>([])
        let logs = Self.logs(written)
        let supervisor = Supervisor(address: address, log: logs.logger)
        supervisor.ready()
        #expect(try await socket.receive() == "READY=1")
        supervisor.stopping()
        #expect(try await socket.receive() == "STOPPING=1")
        supervisor.reloading()
        let words = try await socket.receive().split(separator: "\n")
        #expect(words.first == "RELOADING=1")
        let time = words.last?.split(separator: "=").last.flatMap { Double($0) } ?? 0
        let now = Double(DispatchTime.now().uptimeNanoseconds) / 1000
        #expect(words.last?.hasPrefix("MONOTONIC_USEC=") == true)
        #expect(time > 0 && time <= now)
        await logs.flush()
        #expect(written.value.isEmpty)
    }

    @Test("Without a supervisor nothing is said", arguments: [nil, ""])
    func nobody(address: String?) async {
        let written = Observed<[UInt8]>([])
        let logs = Self.logs(written)
        Supervisor(address: address, log: logs.logger).ready()
        await logs.flush()
        #expect(written.value.isEmpty)
    }

    @Test(
        "An address that leads nowhere is logged and does no harm",
        arguments: ["/tmp/no/such/socket", "vsock:2:1", "relative", "/" + String(repeating: "x", count: 200), "@"])
    func nowhere(address: String) async {
        let written = Observed<[UInt8]>([])
        let logs = Self.logs(written)
        Supervisor(address: address, log: logs.logger).ready()
        await logs.flush()
        #expect(String(decoding: written.value, as: UTF8.self).contains("warning"))
    }
}
