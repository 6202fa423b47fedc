import Foundation
import Testing
import WeirTestKit

/// What it tells a supervisor such as systemd.
@Suite("Supervised")
struct SupervisorTests {
    @Test("It says when it is ready and when it stops", arguments: [true, false])
    func states(isAbstract: Bool) async throws {
        let name = "weir-\(UUID().uuidString)"
        let address = isAbstract ? "@\(name)" : "/tmp/\(name)"
        let socket = try NotifySocket(address)
        defer { socket.close() }
        try await Turnstile.processes.pass {
            let weir = try WeirProcess.start(
                configuration: Stand.configuration(url: "http://127.0.0.1:1"), environment: ["NOTIFY_SOCKET": address])
            #expect(try await socket.receive() == "READY=1")
            // What is said to be ready is ready.
            let admin = try await weir.adminAddress(within: Stand.patience)
            #expect(try await HTTPCall.get(admin, "/readyz", within: Stand.patience).status == 200)
            weir.signal(SIGTERM)
            #expect(try await socket.receive() == "STOPPING=1")
            #expect(try await weir.waitForExit(within: Stand.patience) == 0)
            #expect(socket.isEmpty)
            try await weir.stop()
        }
    }

    @Test("One that cannot start does not say that it is ready")
    func failure() async throws {
        let address = "@weir-\(UUID().uuidString)"
        let socket = try NotifySocket(address)
        defer { socket.close() }
        try await Turnstile.processes.pass {
            let text = Stand.configuration(url: "http://127.0.0.1:1", listen: "192.0.2.1:1")
            let weir = try WeirProcess.start(configuration: text, environment: ["NOTIFY_SOCKET": address])
            #expect(try await weir.waitForExit(within: Stand.patience) == 69)
            #expect(socket.isEmpty)
            try await weir.stop()
        }
    }
}
