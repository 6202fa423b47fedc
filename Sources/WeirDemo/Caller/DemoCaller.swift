package import NIOCore

/// The application of the demonstration: a few closed-loop connections that call the exchange through the proxy,
/// now above its quota and now below.
package struct DemoCaller: Sendable {
    private let host: String
    private let port: Int
    private let group: any EventLoopGroup
    private let callers: Int
    private let plan: WavePlan

    /// How long a caller stays away after its connection failed or was closed.
    private static let reconnectDelay = Duration.milliseconds(250)

    /// - Parameters:
    ///   - host: Where the proxy listens.
    ///   - port: Its port.
    ///   - group: The loops of the connections.
    ///   - callers: How many connections, each with one call at a time; at least 1.
    ///   - plan: The rate that they ask for together.
    package init(
        host: String, port: Int, group: any EventLoopGroup, callers: Int = 8, plan: WavePlan = .demonstration
    ) {
        self.host = host
        self.port = port
        self.group = group
        self.callers = max(1, callers)
        self.plan = plan
    }

    /// Calls until the task is cancelled, and then ends at once. A connection that is refused, lost or closed is
    /// made anew.
    package func run() async {
        let start = NIODeadline.now()
        await withDiscardingTaskGroup { tasks in
            for caller in 0..<callers {
                tasks.addTask { await keepCalling(caller: caller, start: start) }
            }
        }
    }

    private func keepCalling(caller: Int, start: NIODeadline) async {
        var mix = CallMix(seed: UInt64(caller))
        var pacer = CallPacer(plan: plan, caller: caller, callers: callers, start: start)
        do {
            try await Task.sleep(for: .nanoseconds(pacer.untilFirstCall(at: .now()).nanoseconds))
            while true {
                do {
                    let connection = try await CallerConnection.connect(host: host, port: port, on: group)
                    (mix, pacer) = try await connection.callUntilClosed(mix: mix, pacer: pacer)
                } catch {
                    // Whatever ended the connection, the answer is the same: try again, unless cancelled.
                    try Task.checkCancellation()
                }
                try await Task.sleep(for: Self.reconnectDelay)
            }
        } catch {
            // Only cancellation comes here, and it is the one way to end.
        }
    }
}
