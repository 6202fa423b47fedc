import Foundation
import Synchronization
import Testing
import WeirTestKit

/// Kills at random moments, with a restart at once, under callers that do not wait to be asked.
@Suite("Kills")
struct KillTests {
    @Test("no second ever holds more than the window allows, however often weir is killed")
    func kills() async throws {
        let rules = """
            limits: [{ name: ip, algorithm: sliding_window, requests: 50, per: 1s, margin: 600ms }]
            """
        try await Restarts.run { restarts throws in
            let callers = Callers()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 { tasks.addTask { await callers.call() } }
                for _ in 0..<10 {
                    try await restarts.life(rules) { stand throws in
                        callers.go(to: stand.address)
                        try await Task.sleep(for: .milliseconds(.random(in: 20...900)))
                    }
                }
                callers.stop()
                try await tasks.waitForAll()
            }
            let arrivals = restarts.upstream.requests.map(\.arrival).sorted()
            #expect(arrivals.count > 100)
            let tooClose = zip(arrivals, arrivals.dropFirst(50)).filter { $1 - $0 < 1_000_000_000 }
            #expect(tooClose.isEmpty)
        }
    }
}

/// Callers that send the next call as soon as the last is answered, or has failed.
private final class Callers: Sendable {
    private let address = Mutex<SocketEndpoint?>(nil)
    private let isOver = Atomic(false)

    func go(to address: SocketEndpoint) {
        self.address.withLock { $0 = address }
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
    }

    func call() async {
        while !isOver.load(ordering: .relaxed) {
            guard let address = address.withLock({ $0 }),
                let client = try? await RawClient.connect(to: address, within: Stand.patience)
            else {
                try? await Task.sleep(for: .milliseconds(5))
                continue
            }
            while !isOver.load(ordering: .relaxed) {
                do {
                    try await client.send("GET / HTTP/1.1\r\nHost: \(address.authority)\r\n\r\n")
                    _ = try await client.readResponse(within: Stand.patience)
                } catch {
                    break
                }
            }
            await client.close()
        }
    }
}
