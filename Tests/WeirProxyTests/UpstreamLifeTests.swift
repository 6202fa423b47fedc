import NIOCore
import NIOPosix
import Testing
import WeirCore
import WeirRuntime

@testable import WeirProxy

/// What keeps an upstream, and what does not.
@Suite("The life of an upstream")
struct UpstreamLifeTests {
    private static func settings(_ change: (inout UpstreamSettings) -> Void = { _ in }) -> UpstreamSettings {
        var settings = UpstreamSettings(
            name: "api", listen: .tcp(host: "127.0.0.1", port: 0),
            url: UpstreamURL(transport: .http(host: "127.0.0.1", port: 9)),
            endpoints: ["a", "b", EndpointSettings.otherName].map { name in
                var endpoint = EndpointSettings(name: name, match: EndpointMatch())
                endpoint.limits = [
                    LimitSettings(name: "own", algorithm: .slidingWindow(requests: 5, per: .seconds(1), margin: .zero))
                ]
                return endpoint
            })
        settings.limits = [
            LimitSettings(name: "ip", algorithm: .tokenBucket(rate: Rate(permits: 1, per: .seconds(1)), burst: 5))
        ]
        settings.feedback.limit = "ip"
        change(&settings)
        return settings
    }

    /// Versions that differ in everything that is exchanged rather than changed.
    private static let versions: [UpstreamSettings] = [
        settings(), settings { $0.breakerScope = .upstream }, settings { $0.mode = .off },
        settings { $0.mode = .shadow },
        settings { $0.url = UpstreamURL(transport: .http(host: "127.0.0.1", port: 10)) },
        settings { $0.endpoints.remove(at: 0) }, settings { $0.endpoints.swapAt(0, 1) }, settings { $0.circuit = nil },
        settings { $0.feedback.limit = "own" }, settings { $0.limits = [] },
    ]

    private final class Part {
        weak var object: AnyObject?

        init(_ object: AnyObject?) {
            self.object = object
        }
    }

    @Test("Changed in every way and then retired, it leaves nothing behind")
    func retired() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let box = NIOLoopBoundBox<Upstream?>.makeEmptyBox(valueType: Upstream.self, eventLoop: loop)
        try await loop.submit {
            box.value = Upstream(
                Self.settings(), place: try UpstreamPlace(Self.settings()), on: loop, wallOffset: .zero,
                sink: { _ in { _ in } })
        }.get()
        for round in 0..<200 {
            let version = Self.versions[round * 7 % Self.versions.count]
            let place = try UpstreamPlace(version)
            let snapshot = try await loop.submit {
                box.value?.reconfigure(version, place: place, sink: { _ in { _ in } })
                return box.value?.snapshot(now: loop.instant)
            }.get()
            #expect(snapshot?.endpoints.map(\.settings.name) == version.endpoints.map(\.name))
            #expect(snapshot?.limits.count == (version.mode == .off ? 0 : version.limits.count))
        }
        let parts = NIOLoopBoundBox<[Part]>.makeBoxSendingValue([], eventLoop: loop)
        let done = loop.makePromise(of: Void.self)
        try await loop.submit {
            guard let upstream = box.value else { return }
            box.value = nil
            let all: [AnyObject?] = [
                upstream, upstream.gate, upstream.limiter, upstream.pool, upstream.signals, upstream.retries,
                upstream.circuits, upstream.endpoints.last, upstream.endpoints.last?.circuit,
            ]
            parts.value = all.map { Part($0) }
            upstream.retire { done.succeed() }
        }.get()
        try await done.futureResult.get()
        let kept = try await loop.submit {
            parts.value.map { part in part.object.map { "\(type(of: $0))" } }
        }.get()
        #expect(kept == [String?](repeating: nil, count: 9))
        try await group.shutdownGracefully()
    }
}
